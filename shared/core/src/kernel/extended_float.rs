//! An `f64` that may be infinite, as JSON, for `#[serde(with = "extended_float")]`: a number, or
//! the string `"Infinity"` or `"-Infinity"`, because JSON has no number for them. NaN is an error.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Value, json};

/// Returns the JSON Schema of such a number.
pub(super) fn schema() -> Value {
    json!({ "anyOf": [{ "type": "number" }, { "enum": ["Infinity", "-Infinity"] }] })
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Json<'a> {
    Finite(f64),
    #[serde(borrow)]
    Infinite(std::borrow::Cow<'a, str>),
}

pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        Json::Finite(*value)
    } else if *value > 0.0 {
        Json::Infinite("Infinity".into())
    } else if *value < 0.0 {
        Json::Infinite("-Infinity".into())
    } else {
        return Err(serde::ser::Error::custom("NaN is not a value"));
    }
    .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Finite(value) => Ok(value),
        Json::Infinite(name) if name == "Infinity" => Ok(f64::INFINITY),
        Json::Infinite(name) if name == "-Infinity" => Ok(f64::NEG_INFINITY),
        Json::Infinite(name) => Err(de::Error::custom(format!("{name:?} is not a number"))),
    }
}
