use sha2::{Digest, Sha256};

/// The SHA-256 of a text, as 64 hexadecimal digits.
pub fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 16 digits of a [`fingerprint`], where nobody looks for a text that has the same.
pub fn short_fingerprint(text: &str) -> String {
    let mut digits = fingerprint(text);
    digits.truncate(16);
    digits
}
