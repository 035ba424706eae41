use serde::{Deserialize, de::DeserializeOwned};

use crate::error::{Error, Result};

/// Reads a message from JSON that states its version in `v`. `check` is asked about the version first,
/// because the fields of another version are unknown.
///
/// # Errors
/// That of `check`; [`Error::Invalid`] if the JSON is no such message. The error does not quote it.
pub(super) fn read<T: DeserializeOwned>(
    what: &str,
    json: &str,
    check: impl FnOnce(u16) -> Result<()>,
) -> Result<T> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u16,
    }
    // serde_json's error text may quote the message.
    let unreadable = |error: serde_json::Error| {
        let (problem, column) = (error.classify(), error.column());
        Error::Invalid(format!("unreadable {what}: {problem:?} error at column {column}"))
    };
    let Versioned { v } = serde_json::from_str(json).map_err(unreadable)?;
    check(v)?;
    serde_json::from_str(json).map_err(unreadable)
}
