use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fingerprint::short_fingerprint;

/// The id of the relation that a job was planned over. The same id means the same relation with the
/// same columns, not only the same name: another table may get that name while a job runs.
///
/// The id is 16 hexadecimal digits of the SHA-256 of the source's description of the relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RelationId(String);

impl RelationId {
    /// Returns the id of the relation with this description by its source.
    pub fn of(description: &str) -> Self {
        Self(short_fingerprint(description))
    }
}

impl fmt::Display for RelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
