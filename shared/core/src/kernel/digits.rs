//! A whole number of any size, for `#[serde(with = "digits")]`.
//!
//! As JSON: hexadecimal digits without the trailing zeros, `p`, and the number of those zeros, as
//! in `"-1af3p212"`. In binary forms: the number of trailing zero bits, and the bytes of the number
//! without them. The zeros are written in seven bits a byte, the number in two's complement, both
//! with the least significant byte first.

use std::fmt;

use num_bigint::BigInt;
use serde::{Deserializer, Serializer, de};

/// Returns the most bytes of the JSON of a number with up to `bits` bits. Those of MessagePack are
/// fewer: half as many for the bits, and not more than five for their length and three for zeros.
pub(super) const fn json_len(bits: usize) -> usize {
    r#""-p65536""#.len() + bits.div_ceil(4)
}

/// More trailing zeros than any sum has.
const MOST_ZEROS: u64 = 1 << 18;

pub(super) fn serialize<S: Serializer>(number: &BigInt, serializer: S) -> Result<S::Ok, S::Error> {
    let zeros = number.trailing_zeros().unwrap_or(0);
    if serializer.is_human_readable() {
        let zeros = zeros / 4;
        serializer.collect_str(&format_args!("{:x}p{zeros}", number >> (4 * zeros)))
    } else {
        let mut bytes = Vec::new();
        let mut left = zeros;
        while left >= 0x80 {
            bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        bytes.push(left as u8);
        bytes.extend((number >> zeros).to_signed_bytes_le());
        serializer.serialize_bytes(&bytes)
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BigInt, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(Digits)
    } else {
        deserializer.deserialize_bytes(Digits)
    }
}

struct Digits;

impl de::Visitor<'_> for Digits {
    type Value = BigInt;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<BigInt, E> {
        let number = || {
            let (digits, zeros) = text.split_once('p')?;
            let zeros: u16 = zeros.parse().ok()?;
            Some(BigInt::parse_bytes(digits.as_bytes(), 16)? << (4 * u32::from(zeros)))
        };
        number().ok_or_else(|| E::custom(format!("{text:?} is not a whole number")))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<BigInt, E> {
        let number = || {
            let end = bytes.iter().take(3).position(|byte| *byte < 0x80)?;
            let (zeros, digits) = bytes.split_at_checked(end + 1)?;
            let zeros =
                zeros.iter().rev().fold(0, |zeros, byte| zeros << 7 | u64::from(byte & 0x7f));
            (zeros < MOST_ZEROS).then(|| BigInt::from_signed_bytes_le(digits) << zeros)
        };
        number().ok_or_else(|| E::custom(format!("{bytes:02x?} are not a whole number")))
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::Sign;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Whole(#[serde(with = "super")] BigInt);

    proptest! {
        #[test]
        fn a_number_reads_back_from_either_form(
            digits in prop::collection::vec(any::<u32>(), 0..40), zeros in 0..70_000_u32,
            is_negative in any::<bool>(),
        ) {
            let sign = if is_negative { Sign::Minus } else { Sign::Plus };
            let number = BigInt::from_slice(sign, &digits);
            // A shift may add three zeros to the first digit.
            let bits = number.bits() as usize + 3;
            let whole = Whole(number << zeros);
            let json = serde_json::to_string(&whole).unwrap();
            prop_assert!(json.len() <= json_len(bits), "{json} of {bits} bits");
            prop_assert_eq!(&serde_json::from_str::<Whole>(&json).unwrap(), &whole);
            let binary = rmp_serde::to_vec(&whole).unwrap();
            // One for the length of the only field's list.
            prop_assert!(binary.len() <= 1 + json_len(bits), "{binary:?} of {bits} bits");
            prop_assert!(binary.len() <= 1 + 6 + bits / 8 + 1, "{binary:?} of {bits} bits");
            prop_assert_eq!(&rmp_serde::from_slice::<Whole>(&binary).unwrap(), &whole);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for json in ["\"\"", "\"12\"", "\"xp1\"", "\"1p-1\"", "\"1p65536\"", "7"] {
            let error = serde_json::from_str::<Whole>(json).unwrap_err().to_string();
            assert!(error.contains("a whole number"), "{json}: {error}");
        }
        for bytes in [&[][..], &[0x80], &[0x80, 0x80, 0x80, 0], &[0xff, 0xff, 0x7f, 1]] {
            let list = [&[0x91, 0xc4, bytes.len() as u8], bytes].concat();
            let error = rmp_serde::from_slice::<Whole>(&list).unwrap_err().to_string();
            assert!(error.contains("whole number"), "{bytes:?}: {error}");
        }
    }
}
