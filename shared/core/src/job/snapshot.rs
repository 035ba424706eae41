use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of an instant of a database while it is held, by which others read at it: at most 64
/// letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotId(String);

/// A text that cannot be a [`SnapshotId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a snapshot")]
pub struct InvalidSnapshotId(String);

impl SnapshotId {
    /// Checks a name that the database returned.
    ///
    /// # Errors
    /// [`InvalidSnapshotId`] if the text is empty, too long or has other characters.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidSnapshotId> {
        let id = id.into();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if (1..=64).contains(&id.len()) && id.chars().all(plain) {
            Ok(Self(id))
        } else {
            Err(InvalidSnapshotId(id))
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SnapshotId {
    type Error = InvalidSnapshotId;

    fn try_from(id: String) -> Result<Self, InvalidSnapshotId> {
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
