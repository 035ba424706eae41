use crate::{
    error::Error,
    job::{Reason, Receipt, SkipReason, Timestamp},
    operations::Delivery,
    ports::Recorded,
};

/// The outcome of a message that needs no other delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapped {
    /// The chunk was folded. Its record counts, or an earlier record of the chunk does.
    Recorded(Recorded, Receipt),
    /// The chunk was not folded.
    Skipped(SkipReason),
    /// The chunk cannot be folded; the job says why.
    Failed(Reason),
}

impl Mapped {
    /// Returns whether the delivery, or the record made from it, was discarded because the chunk
    /// already has a record.
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Recorded(recorded, _) => !recorded.first,
            Self::Skipped(why) => *why == SkipReason::Recorded,
            Self::Failed(_) => false,
        }
    }
}

/// The failure of an attempt to fold a chunk.
#[derive(Debug)]
pub struct Failure {
    /// The error.
    pub error: Error,
    /// Whether another attempt may succeed, or another mapper may still be at work on the chunk.
    pub is_retryable: bool,
}

impl Failure {
    /// Makes the failure of a mapper that began to read at `started_at`. `error` is that of the
    /// rows, their source or the kernel.
    pub(crate) fn of_reading(error: Error, delivery: Delivery, started_at: Timestamp) -> Self {
        let is_retryable = match error {
            // Another mapper that attached in time may still be reading.
            Error::SnapshotGone(_) => delivery.may_overlap_another(started_at),
            _ => error.is_retryable(),
        };
        Self { error, is_retryable }
    }

    /// Returns whether the failure is about the chunk, rather than about the message.
    pub(crate) fn concerns_chunk(&self) -> bool {
        let lasts = matches!(
            self.error,
            Error::Misconfigured(_)
                | Error::Kernel { .. }
                | Error::TooManyGroupsOfJob { .. }
                | Error::PartialsTooLarge { .. }
                | Error::Corrupt { .. }
        );
        !self.is_retryable || lasts || self.error.is_retryable()
    }
}

impl From<Error> for Failure {
    /// Makes a failure that is retryable.
    fn from(error: Error) -> Self {
        Self { error, is_retryable: true }
    }
}

/// The report of a failed attempt to its job.
#[derive(Debug)]
pub struct Reported {
    /// The outcome of the message; `None` if the message must be delivered again.
    pub done: Option<Mapped>,
    /// The error that kept the report, or a part of it, from being stored.
    pub unsaid: Option<Error>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_failure_is_retryable_if_its_error_is() {
        let delivery = Delivery {
            attempt: 1,
            max_attempts: 5,
            memory_mb: 1769,
            sent_at: None,
            first_received_at: None,
            lifetime: Duration::from_secs(60),
        };
        let failure = |error| Failure::of_reading(error, delivery, Timestamp::from_millis(1));
        for error in [
            Error::Misconfigured("no such table".to_owned()),
            Error::Kernel { kernel: "mode", problem: "it panicked".to_owned() },
            Error::corrupt("a row", "too short"),
            Error::Invalid("no such column".to_owned()),
        ] {
            let failure = failure(error);
            assert!(!failure.is_retryable && failure.concerns_chunk(), "{failure:?}");
        }
        for error in [
            Error::unavailable("postgres", "connection refused"),
            Error::OtherSource("points".to_owned()),
            Error::TimedOut { what: "chunk 3".to_owned(), limit: Duration::from_secs(1) },
        ] {
            let failure = failure(error);
            assert!(failure.is_retryable && failure.concerns_chunk(), "{failure:?}");
        }
    }
}
