use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{Reason, Timestamp},
    plan::ChunkIndex,
};

/// An attempt at a chunk that ended with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// The chunk.
    pub chunk: ChunkIndex,
    /// Which delivery of the chunk's message it was, from 1.
    pub attempt: u32,
    /// When it ended.
    pub at: Timestamp,
    /// The error.
    pub error: Reason,
    /// Milliseconds of the mapper's work.
    pub map_ms: u64,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
}

impl FailedAttempt {
    /// Returns the last error of the job until another attempt fails.
    pub fn last_error(&self) -> LastError {
        let Self { chunk, attempt, at, error, .. } = self;
        LastError { chunk: *chunk, attempt: *attempt, at: *at, error: error.to_string() }
    }

    /// Returns what the attempt adds to the job's sums.
    pub fn sums(&self) -> FailedAttempts {
        let Self { map_ms, memory_mb, .. } = *self;
        FailedAttempts { attempts: 1, map_ms, megabyte_ms: map_ms.saturating_mul(memory_mb.into()) }
    }
}

/// The error of the latest failed attempt, of all attempts at chunks of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// The chunk.
    pub chunk: ChunkIndex,
    /// Which delivery of the chunk's message it was, from 1.
    pub attempt: u32,
    /// When the attempt ended.
    pub at: Timestamp,
    /// The error, in a sentence for the job's owner.
    pub error: String,
}

impl LastError {
    /// Returns the error as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::corrupt("a job's last error", error))
    }

    /// Reads an error.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the text is not such an error.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a job's last error", error))
    }
}

/// The sums over the failed attempts of a job. Records are not in it: a [`Tally`](crate::Tally)
/// has those.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailedAttempts {
    /// The number of attempts.
    pub attempts: u64,
    /// Milliseconds of the mappers' work.
    pub map_ms: u64,
    /// Those milliseconds times the mappers' megabytes of memory.
    pub megabyte_ms: u64,
}

impl FailedAttempts {
    /// Returns each sum with the name under which stores keep it.
    pub const fn named(&self) -> [(&'static str, u64); 3] {
        [
            ("failed_attempts", self.attempts),
            ("failed_map_ms", self.map_ms),
            ("failed_megabyte_ms", self.megabyte_ms),
        ]
    }

    /// Reads the sums by these names; a sum that is not stored is 0.
    ///
    /// # Errors
    /// Those of `sum`.
    pub fn from_named<E>(sum: impl Fn(&str) -> Result<Option<u64>, E>) -> Result<Self, E> {
        let kept = |name| Ok(sum(name)?.unwrap_or_default());
        Ok(Self {
            attempts: kept("failed_attempts")?,
            map_ms: kept("failed_map_ms")?,
            megabyte_ms: kept("failed_megabyte_ms")?,
        })
    }
}

impl std::ops::AddAssign for FailedAttempts {
    fn add_assign(&mut self, other: Self) {
        self.attempts += other.attempts;
        self.map_ms += other.map_ms;
        self.megabyte_ms += other.megabyte_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_read_back_by_their_names() {
        let sums = FailedAttempts { attempts: 1, map_ms: 2, megabyte_ms: 3 };
        let named = sums.named();
        let sum = |name: &str| -> Result<Option<u64>, ()> {
            Ok(named.iter().find(|(kept, _)| *kept == name).map(|(_, sum)| *sum))
        };
        assert_eq!(FailedAttempts::from_named(sum), Ok(sums));
    }
}
