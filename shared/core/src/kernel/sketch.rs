//! A sketch as JSON: its bytes in base64.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serializer, de};

/// Returns the number of bytes of the JSON of a sketch of `bytes` bytes.
pub(super) const fn json_len(bytes: usize) -> usize {
    (4 * bytes).div_ceil(3) + "\"\"".len()
}

pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD_NO_PAD.encode(bytes))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD_NO_PAD.decode(text).map_err(de::Error::custom)
}
