use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    kernel::{Base64, Partial},
};

/// A query's partial over the rows of a chunk, as its record has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryPartial {
    /// That of one kernel over rows that make no groups.
    One(Partial),
    /// Those of each group.
    Groups(StoredGroups),
}

/// The partials of groups, in MessagePack and base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredGroups {
    /// The version of the form, [`StoredGroups::VERSION`].
    v: u16,
    /// The versions of the kernels' partials.
    kernels: Vec<u16>,
    data: Base64,
}

impl StoredGroups {
    const VERSION: u16 = 1;

    pub(super) fn new(kernels: Vec<u16>, groups: &[StoredGroup]) -> Result<Self> {
        let data = rmp_serde::to_vec(groups).map_err(|error| Error::corrupt("groups", error))?;
        Ok(Self { v: Self::VERSION, kernels, data: Base64(data) })
    }

    /// Returns the bytes of the groups.
    pub(super) const fn len(&self) -> usize {
        self.data.0.len()
    }

    /// Returns the versions of the kernels' partials.
    pub(super) fn kernels(&self) -> &[u16] {
        &self.kernels
    }

    /// Returns the groups.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the form has another version or does not read back.
    pub(super) fn groups(&self) -> Result<Vec<StoredGroup>> {
        if self.v != Self::VERSION {
            let problem = format!("they are of version {}, not {}", self.v, Self::VERSION);
            return Err(Error::corrupt("the groups of a chunk", problem));
        }
        rmp_serde::from_slice(&self.data.0)
            .map_err(|error| Error::corrupt("the groups of a chunk", error))
    }
}

/// A group of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredGroup {
    /// The fields that its rows share.
    #[serde(with = "bytes")]
    pub(super) key: Vec<u8>,
    /// The number of its rows.
    pub(super) rows: u64,
    /// What each kernel has of it.
    pub(super) kernels: Vec<StoredPartial>,
}

/// A kernel's partial of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredPartial {
    /// The number of rows that the kernel skipped.
    pub(super) skipped: u64,
    #[serde(with = "bytes")]
    pub(super) partial: Vec<u8>,
}

/// Bytes as such, instead of a list of numbers.
mod bytes {
    pub(super) use crate::kernel::{
        deserialize_bytes as deserialize, serialize_bytes as serialize,
    };
}
