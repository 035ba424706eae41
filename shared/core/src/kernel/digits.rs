//! A whole number of any size as JSON, for `#[serde(with = "digits")]`: hexadecimal digits without
//! the trailing zeros, `p`, and the number of those zeros, as in `"-1af3p212"`.

use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serializer, de};

/// Returns the most bytes of the JSON of a number with up to `bits` bits.
pub(super) const fn json_len(bits: usize) -> usize {
    r#""-p65536""#.len() + bits.div_ceil(4)
}

pub(super) fn serialize<S: Serializer>(number: &BigInt, serializer: S) -> Result<S::Ok, S::Error> {
    let zeros = number.trailing_zeros().unwrap_or(0) / 4;
    serializer.collect_str(&format_args!("{:x}p{zeros}", number >> (4 * zeros)))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BigInt, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number = || {
        let (digits, zeros) = text.split_once('p')?;
        let zeros: u16 = zeros.parse().ok()?;
        Some(BigInt::parse_bytes(digits.as_bytes(), 16)? << (4 * u32::from(zeros)))
    };
    number().ok_or_else(|| de::Error::custom(format!("{text:?} is not a whole number")))
}
