use std::fmt;

/// Why a chunk is skipped: mostly because it cannot change its job any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// The chunk has its record.
    Recorded,
    /// Every chunk of the job has its record.
    Completed,
    /// The job has failed as a whole.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job's time to live is over.
    Expired,
    /// The store does not know the job. A job is written before its messages are sent, and reads
    /// are consistent, so the job has expired and will not be stored again.
    Unknown,
    /// It is a partition, which a mapper sends to the queue of reducers.
    Partition,
}

impl SkipReason {
    /// Returns the reason as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Recorded => "the chunk has its record",
            Self::Completed => "the job is completed",
            Self::Failed => "the job has failed",
            Self::Cancelled => "the job was cancelled",
            Self::Expired => "the job has expired",
            Self::Unknown => "the job is not known any more",
            Self::Partition => "it is a partition, and was sent to the reducers",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}
