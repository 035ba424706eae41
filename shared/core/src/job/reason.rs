use std::fmt::{self, Display};

use crate::bounded::bounded;

/// Why a chunk, a job or an attempt failed: a sentence for the job's owner, of at most
/// [`LONGEST_SENTENCE`](crate::LONGEST_SENTENCE) bytes. Stores accept only this type, so no
/// reason is too long to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Makes a reason of `sentence`, which is cut if it is too long.
    pub fn new(sentence: impl Display) -> Self {
        Self(bounded(sentence))
    }

    /// Returns the sentence.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}
