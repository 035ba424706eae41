use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{RowShapes, group_merge::SourceForm};
use crate::{
    checksum::Checksum,
    error::{Error, Result},
    rows::RowLayout,
};

/// What a record has of a run: enough to find the object, and to vouch for each of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredRun {
    bytes: u64,
    /// The length of the footer.
    footer: u64,
    /// The checksum of the footer, which has those of the blocks.
    checksum: Checksum,
    /// The last part of the object's name, unless it follows from the checksum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl StoredRun {
    /// Makes what a record has of an object of `bytes` bytes that ends with `footer`.
    pub(super) fn new(bytes: u64, footer: &[u8]) -> Self {
        Self { bytes, footer: footer.len() as u64, checksum: Checksum::of(footer), name: None }
    }

    /// Makes what a record has of such an object that got its name before its end was known.
    pub(crate) fn named(bytes: u64, footer: &[u8], name: String) -> Self {
        Self { name: Some(name), ..Self::new(bytes, footer) }
    }

    /// Returns the last part of the object's name; `None` if the name follows from the checksum.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the length of the object.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the checksum that the object's name ends with.
    pub const fn checksum(&self) -> &Checksum {
        &self.checksum
    }

    /// Returns where in the object the footer is.
    pub(crate) const fn footer(&self) -> Range<u64> {
        self.bytes.saturating_sub(self.footer)..self.bytes
    }

    /// Reads the footer.
    ///
    /// # Errors
    /// [`Error::OtherVersion`]; [`Error::Corrupt`] if these are not the bytes that were written.
    pub(crate) fn contents(&self, footer: &[u8]) -> Result<RunContents> {
        if Checksum::of(footer) != self.checksum {
            return Err(corrupt("its footer has another checksum"));
        }
        Footer::check_version(footer)?;
        let Footer { kernels, layout, shapes, partitions, .. } =
            rmp_serde::from_slice(footer).map_err(corrupt)?;
        let mut start = 0;
        let mut at = |Block { bytes, checksum }| {
            let range = start..start + bytes;
            start = range.end;
            BlockAt { range, checksum }
        };
        let partitions: Vec<Vec<BlockAt>> = partitions
            .into_iter()
            .map(|blocks| blocks.into_iter().map(&mut at).collect())
            .collect();
        match start == self.footer().start {
            true => {
                let form = SourceForm { versions: kernels, layout };
                Ok(RunContents { form, shapes, partitions })
            }
            false => Err(corrupt("its blocks are not all of it")),
        }
    }
}

/// What a run has: the form of its groups and rows, the shapes of its rows, and the blocks of each
/// partition.
#[derive(Debug)]
pub(crate) struct RunContents {
    pub(crate) form: SourceForm,
    pub(crate) shapes: RowShapes,
    pub(crate) partitions: Vec<Vec<BlockAt>>,
}

/// The stored form of a run's contents.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Footer {
    v: u16,
    /// The versions of the kernels' partials.
    kernels: Vec<u16>,
    /// The layout of rows that are not combined into groups; `None` if there are none.
    layout: Option<RowLayout>,
    shapes: RowShapes,
    partitions: Vec<Vec<Block>>,
}

impl Footer {
    const VERSION: u16 = 3;

    pub(super) const fn new(
        kernels: Vec<u16>,
        layout: Option<RowLayout>,
        shapes: RowShapes,
        partitions: Vec<Vec<Block>>,
    ) -> Self {
        Self { v: Self::VERSION, kernels, layout, shapes, partitions }
    }

    /// Checks the version, which is the first field in every version.
    fn check_version(footer: &[u8]) -> Result<()> {
        let mut left = footer;
        rmp::decode::read_array_len(&mut left).map_err(|error| corrupt(error.to_string()))?;
        let version = rmp::decode::read_int(&mut left);
        let version = version.map_err(|error| corrupt(error.to_string()))?;
        Error::check_version("the run of a chunk", version, Self::VERSION)
    }

    /// Returns the stored form.
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        rmp_serde::to_vec(self).map_err(corrupt)
    }
}

/// The length and the checksum of a block.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Block {
    bytes: u64,
    checksum: Checksum,
}

impl Block {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, checksum: Checksum::of(bytes) }
    }
}

/// Where in the object a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockAt {
    pub(crate) range: Range<u64>,
    checksum: Checksum,
}

impl BlockAt {
    /// Checks that these are the bytes of the block that were written.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if they are not.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<()> {
        match Checksum::of(bytes) == self.checksum {
            true => Ok(()),
            false => Err(corrupt("a block has another checksum")),
        }
    }
}

/// The error of a run that does not read back.
pub(super) fn corrupt(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::corrupt("the run of a chunk", problem)
}

#[test]
fn a_footer_of_another_version_is_told_from_a_damaged_one() {
    // As version 1 was, which had no layout.
    let footer = rmp_serde::to_vec(&(1_u16, [3_u16], [[0_u8; 0]; 1])).unwrap();
    let error = StoredRun::new(footer.len() as u64, &footer).contents(&footer).unwrap_err();
    assert!(matches!(error, Error::OtherVersion { version: 1, .. }), "{error:?}");
    let run = StoredRun::new(footer.len() as u64, &footer);
    assert!(matches!(run.contents(&footer[1..]), Err(Error::Corrupt { .. })));
}
