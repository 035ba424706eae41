//! Numbers of the command line.

/// Reads a whole number. The server checks the range.
pub(super) fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "it must be a whole number".to_owned())
}
