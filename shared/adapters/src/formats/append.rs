//! Values as texts.

use std::fmt::Display;

use serde::Serialize;

/// Returns the text of a number that is not finite, as PostgreSQL writes it; `None` if it is finite.
pub(super) fn limit(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_finite() => None,
        _ if number.is_nan() => Some("NaN"),
        _ if number > 0.0 => Some("Infinity"),
        _ => Some("-Infinity"),
    }
}

/// Appends a value as JSON: a number by the fewest digits that read back as it.
pub(super) fn append_json(bytes: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // A vector takes all bytes, and numbers and texts are always JSON.
    let _ = serde_json::to_writer(bytes, value);
}

/// Appends the text of a value.
pub(super) fn append(bytes: &mut Vec<u8>, value: impl Display) {
    use std::io::Write;

    // A vector takes all bytes.
    let _ = write!(bytes, "{value}");
}

/// Appends bytes as PostgreSQL writes them: `\x00ff`.
pub(super) fn append_hex(bytes: &mut Vec<u8>, value: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.extend_from_slice(b"\\x");
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.extend(value.iter().flat_map(digits));
}
