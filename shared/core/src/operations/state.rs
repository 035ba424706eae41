use super::Completed;
use crate::{job::Status, plan::ChunkIndex};

/// The state of a job, with its answer or the reason of its failure.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a call returns one, which is moved once")]
pub enum JobState {
    /// Chunks without a record may still get one.
    Pending {
        /// The number of chunks that are done.
        done: u16,
        /// The number of chunks of the job.
        total: u16,
    },
    /// Every chunk has its record.
    Completed(Completed),
    /// Chunks have no record and get none unless the job is retried, or the kernel failed.
    Failed {
        /// Why the job failed, in a sentence.
        reason: String,
        /// The chunks for which it failed, in ascending order.
        chunks: Vec<FailedChunk>,
    },
    /// The job was cancelled before every chunk had its record.
    Cancelled,
    /// The job's time to live is over.
    Expired,
}

impl JobState {
    /// Returns the state without its details.
    pub const fn status(&self) -> Status {
        match self {
            Self::Pending { .. } => Status::Pending,
            Self::Completed(_) => Status::Completed,
            Self::Failed { .. } => Status::Failed,
            Self::Cancelled => Status::Cancelled,
            Self::Expired => Status::Expired,
        }
    }
}

/// A chunk for which a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedChunk {
    /// The chunk.
    pub chunk: ChunkIndex,
    /// Why it failed, in a sentence.
    pub reason: String,
}
