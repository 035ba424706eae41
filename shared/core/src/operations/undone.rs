use crate::{
    error::Error,
    job::Timestamp,
    operations::{Delivery, Failure},
};

/// Why the work on a chunk was not done.
pub(crate) enum Undone {
    /// The source, its rows, the kernel, or a value that no file can have.
    Rows(Error),
    /// The store or the bucket. A deployment may just be giving the rights to them.
    Stored(Error),
}

impl Undone {
    /// Makes the reason of an error of the bucket or of what is in it.
    pub(crate) fn of_bucket(error: Error) -> Self {
        match error {
            Error::Misconfigured(_) => Self::Stored(error),
            error => Self::Rows(error),
        }
    }

    /// Returns the failure of work that began at `started_at`.
    pub(crate) fn failure(self, delivery: Delivery, started_at: Timestamp) -> Failure {
        match self {
            Self::Rows(error) => Failure::of_reading(error, delivery, started_at),
            Self::Stored(error) => error.into(),
        }
    }
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Rows(error)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rights_to_a_bucket_and_other_builds_may_come_and_values_stay_as_they_are() {
        let delivery = Delivery {
            attempt: 1,
            max_attempts: 3,
            memory_mb: 128,
            sent_at: None,
            first_received_at: None,
            lifetime: Duration::from_secs(60),
        };
        let refused = || Error::Misconfigured("refused".to_owned());
        let is_retryable =
            |undone: Undone| undone.failure(delivery, Timestamp::from_millis(1)).is_retryable;
        assert!(is_retryable(Undone::of_bucket(refused())));
        assert!(!is_retryable(Undone::from(refused())));
        assert!(!is_retryable(Undone::of_bucket(Error::corrupt("a run", "it is cut off"))));
        // Another build may read it.
        let other = Error::OtherVersion { what: "a run".to_owned(), version: 3, known: 2 };
        assert!(is_retryable(Undone::of_bucket(other)));
    }
}
