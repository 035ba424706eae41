use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    fingerprint::fingerprint,
    job::{JobId, JobRequest, Timestamp},
};

/// The `Idempotency-Key` of a request: the caller sends the same key with every repetition.
///
/// It is stored as the SHA-256 of the caller's text, in hexadecimal digits, so that every key is
/// short and harmless in a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The most characters of a key.
    pub const MAX: usize = 255;

    /// Makes the key of a caller's text.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the text has no character, or more than [`IdempotencyKey::MAX`].
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

/// A claim: the request that a key belongs to, and the job that it started or is starting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The job.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// The request.
    pub request: JobRequest,
    /// When the key was claimed.
    pub claimed_at: Timestamp,
    /// When the key becomes free again.
    pub expires_at: Timestamp,
}

impl Claim {
    /// Returns the claim as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("the claim of task {}", self.job_id), error))
    }

    /// Reads a claim.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the JSON is not a claim.
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
