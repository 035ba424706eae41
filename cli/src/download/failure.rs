use thiserror::Error as ThisError;

/// Why a part is not downloaded.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub(crate) enum Failure {
    /// The storage did not answer, or not completely.
    #[error("{0}")]
    Lost(String),
    /// The link has expired, or what signed it may not read the file.
    #[error("the storage refuses its link: {0}")]
    Refused(String),
    /// The file is not there.
    #[error("its file is gone (404), as the files of a job that has expired are")]
    Gone,
    /// The bytes are not those of the result.
    #[error("{0}")]
    Damaged(String),
    /// Nobody should follow the link.
    #[error("its link is not followed: {0}")]
    Unsafe(String),
}

impl Failure {
    /// Returns whether another request may succeed.
    pub(super) const fn is_retryable(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Damaged(_))
    }
}
