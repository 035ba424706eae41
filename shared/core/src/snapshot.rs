use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The name of an instant of a database while it is held, by which others read at it: at most 64
/// letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotId(String);

impl SnapshotId {
    /// Checks a name that the database returned.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not such a name.
    pub fn new(id: impl Into<String>) -> Result<Self> {
        let id = id.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if (1..=64).contains(&id.len()) && id.chars().all(plain) {
            Ok(Self(id))
        } else {
            Err(Error::Invalid(format!("{id:?} is no snapshot's name")))
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SnapshotId {
    type Error = Error;

    fn try_from(id: String) -> Result<Self> {
        Self::new(id)
    }
}

impl From<SnapshotId> for String {
    fn from(id: SnapshotId) -> Self {
        id.0
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
