//! Whole numbers in JSON, which knows no other: 4.0 is one as 4 is, and some clients write that.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// The whole number that a value is, if it is one and not negative.
pub fn whole_number(value: &Value) -> Option<u64> {
    // Up to 2^53, beyond which not every whole number is a double.
    let exact =
        |number: &f64| number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(number);
    value.as_u64().or_else(|| value.as_f64().filter(exact).map(|number| number as u64))
}

/// For `#[serde(deserialize_with)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    whole_number(&value)
        .ok_or_else(|| de::Error::custom(format!("{value} is not a whole number from 0 on")))
}

#[test]
fn a_number_without_a_fraction_is_whole_however_it_is_written() {
    for (json, number) in [
        ("0", Some(0)),
        ("4", Some(4)),
        ("4.0", Some(4)),
        ("1e3", Some(1000)),
        ("-0.0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("4.5", None),
        ("-1", None),
        ("-1.0", None),
        ("1e300", None),
        ("\"4\"", None),
        ("null", None),
    ] {
        assert_eq!(whole_number(&serde_json::from_str(json).unwrap()), number, "{json}");
    }
}
