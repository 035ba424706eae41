use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FileLink, Timestamp};

/// Where the whole of an answer is that is too large to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WholeAnswer {
    /// Where it is: the answer as JSON, with all groups and all chunks, but without `files`.
    #[serde(flatten)]
    pub link: FileLink,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 over its bytes, in hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Until when the link is good, at the latest.
    pub link_expires_at: Timestamp,
}
