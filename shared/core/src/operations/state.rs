use super::Completed;
use crate::{job::Status, plan::ChunkIndex};

/// Where a job stands.
#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    /// Chunks are missing, and may still come.
    Pending {
        /// Chunks that are done.
        done: u16,
        /// Chunks of the job.
        total: u16,
    },
    /// Every chunk is in.
    Completed(Completed),
    /// Chunks are missing and will not come by themselves.
    Failed {
        /// Why, in a sentence.
        reason: String,
        /// The chunks at fault, ascending.
        chunks: Vec<FailedChunk>,
    },
    /// The job was cancelled before every chunk was in.
    Cancelled,
    /// The job's time to live is over.
    Expired,
}

impl JobState {
    /// Which of them it is.
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
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// Why, in a sentence.
    pub reason: String,
}
