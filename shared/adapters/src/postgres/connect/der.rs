//! A reader of the elements of DER, for certificates.

pub(in crate::postgres) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(in crate::postgres) const SEQUENCE: u8 = 0x30;

/// Returns the content of the first element and the bytes after it; `None` if it has another tag.
pub(in crate::postgres) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[first, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        // The low bits are the number of bytes of the length.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (first == tag).then_some(())?;
    rest.split_at_checked(length)
}
