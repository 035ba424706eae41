use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;

/// What a record has of a part: one file of a job's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPart {
    /// The name of the object, without what the names of all objects of the job begin with.
    pub name: String,
    /// The rows of the file.
    pub rows: u64,
    /// The bytes of the file.
    pub bytes: u64,
    /// SHA-256 over these bytes.
    pub checksum: Checksum,
}
