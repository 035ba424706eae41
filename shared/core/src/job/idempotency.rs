use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    fingerprint::fingerprint,
    job::{JobId, JobRequest, Timestamp},
};

/// What the caller calls one request, however often it sends it: its `Idempotency-Key`.
///
/// Kept as the SHA-256 of the caller's text, in hexadecimal digits, so that it is as short and
/// harmless in a store as any other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The most characters of a key.
    pub const MAX: usize = 255;

    /// The key that a caller spells `text`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has no character, or more than [`IdempotencyKey::MAX`].
    pub fn new(text: &str) -> Result<Self> {
        match text.len() {
            1..=Self::MAX => Ok(Self(fingerprint(text))),
            length => Err(Error::Invalid(format!(
                "an Idempotency-Key has 1 to {} characters, not {length}",
                Self::MAX
            ))),
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// That a key belongs to a request, and to the job that it started or is starting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The job.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// What was asked for.
    pub request: JobRequest,
    /// When.
    pub claimed_at: Timestamp,
    /// From when on the key is free again.
    pub expires_at: Timestamp,
}

impl Claim {
    /// The claim as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("the claim of task {}", self.job_id), error))
    }

    /// Reads a claim.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is none.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a claim", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_by_every_character() {
        let key = |text: &str| IdempotencyKey::new(text).unwrap();
        assert_eq!(key("a"), key("a"));
        assert_ne!(key("a"), key("A"));
        assert_eq!(key(&"k".repeat(255)).to_string().len(), 64);
    }

    #[test]
    fn a_key_is_neither_empty_nor_endless() {
        for (text, length) in [(String::new(), "0"), ("k".repeat(256), "256")] {
            let error = IdempotencyKey::new(&text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("not {length}")), "{error}");
        }
    }
}
