use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The number of chunks that a request asks for, from 1 to [`ChunkCount::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u16")]
pub struct ChunkCount(u16);

impl ChunkCount {
    /// The most chunks of a job. Submit can queue this many while its caller waits.
    pub const MAX: u16 = 10_000;

    /// Makes a number of chunks.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `count` is not from 1 to [`ChunkCount::MAX`].
    pub fn new(count: u64) -> Result<Self> {
        match u16::try_from(count) {
            Ok(count @ 1..=Self::MAX) => Ok(Self(count)),
            _ => Err(Error::Invalid(format!(
                "chunks must be a whole number from 1 to {}, not {count}",
                Self::MAX
            ))),
        }
    }

    /// Returns the number, which is never 0.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u64> for ChunkCount {
    type Error = Error;

    fn try_from(count: u64) -> Result<Self> {
        Self::new(count)
    }
}

impl From<ChunkCount> for u16 {
    fn from(count: ChunkCount) -> Self {
        count.0
    }
}

impl Default for ChunkCount {
    /// Four, as in the demo.
    fn default() -> Self {
        Self(4)
    }
}

/// The index of a chunk in its job's plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChunkIndex(pub u16);

impl fmt::Display for ChunkIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
