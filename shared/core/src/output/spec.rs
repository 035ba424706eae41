use serde::{Deserialize, Serialize};

use super::{Format, OutputColumn};
use crate::error::{Error, Result};

/// The files that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// Their format.
    pub format: Format,
    /// Into how many files groups are written; `None` for a number that suits the table. Rows are
    /// written into a file a chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<u16>,
}

impl OutputSpec {
    /// The most files of groups. Each reads a range of the object of every chunk.
    pub const MOST_PARTS: u16 = 64;

    /// The number of rows for which there is one more file of groups, unless the request says how
    /// many there are.
    const ROWS_PER_PART: u64 = 5_000_000;

    /// Checks the number of files.
    ///
    /// # Errors
    /// [`Error::Invalid`] names a number that is not possible.
    pub fn checked(self) -> Result<Self> {
        match self.parts {
            None | Some(1..=Self::MOST_PARTS) => Ok(self),
            Some(parts) => Err(Error::Invalid(format!(
                "output.parts must be a whole number from 1 to {}, not {parts}",
                Self::MOST_PARTS
            ))),
        }
    }

    /// Returns into how many files the groups of a table with so many rows are written.
    pub fn partitions(self, rows: u64) -> u16 {
        let by_size = rows.div_ceil(Self::ROWS_PER_PART).clamp(1, Self::MOST_PARTS.into());
        self.parts.unwrap_or(by_size as u16)
    }
}

/// The files that a job writes, as it was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Their format.
    pub format: Format,
    /// Their columns.
    pub columns: Vec<OutputColumn>,
    /// The columns that the kernels read, with their types; empty if the rows themselves are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<OutputColumn>,
}
