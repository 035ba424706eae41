//! As much of DER as it takes to find something in a certificate.

pub(in crate::postgres) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(in crate::postgres) const SEQUENCE: u8 = 0x30;

/// The content of the element that begins here, if it has this tag, and what follows it.
pub(in crate::postgres) fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[first, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        // So many bytes of length.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (first == tag).then_some(())?;
    rest.split_at_checked(length)
}
