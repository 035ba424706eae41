//! A strict reader of the callers' JSON, which ignores nothing in it.

use std::fmt;

use pgfold_core::shown;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// A value in which no object names a field twice; a repeated field is an error.
pub(super) struct Unambiguous(pub(super) Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unambiguous(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((name, Unambiguous(value))) = fields.next_entry::<String, _>()? {
            if values.contains_key(&name) {
                return Err(A::Error::custom(format!("the field {:?} is repeated", shown(name))));
            }
            values.insert(name, value);
        }
        Ok(values.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_as_they_are_elsewhere() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "18446744073709551616",
            "-0.0",
            "1e-7",
            "0.1",
            r#""a\u0000\"\ud83e\udd80""#,
            "[]",
            "{}",
            r#"[[{"b":1,"a":[null]},{"b":2}],"b"]"#,
        ] {
            let Unambiguous(value) = serde_json::from_str(text).unwrap();
            assert_eq!(value, serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        // The field that serde_json would read as JSON within JSON is a field like any other.
        let text = r#"{"$serde_json::private::RawValue": "5"}"#;
        let Unambiguous(value) = serde_json::from_str(text).unwrap();
        assert_eq!(value, json!({ "$serde_json::private::RawValue": "5" }));
    }

    #[test]
    fn a_field_that_is_repeated_is_an_error_at_any_depth() {
        for text in
            [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2,"\u0061":3}"#, r#"[{"b":{"a":[],"a":{}}}]"#]
        {
            let error = serde_json::from_str::<Unambiguous>(text).err().unwrap().to_string();
            assert!(error.starts_with("the field \"a\" is repeated at line 1 column "), "{error}");
        }
        let long = format!(r#"{{"{0}":1,"{0}":2}}"#, "x".repeat(5000));
        assert!(serde_json::from_str::<Unambiguous>(&long).err().unwrap().to_string().len() < 200);
    }

    #[test]
    fn what_is_nested_without_end_and_what_is_no_number_are_errors() {
        for text in ["[".repeat(100_000), "1e400".to_owned(), "NaN".to_owned()] {
            assert!(serde_json::from_str::<Unambiguous>(&text).is_err());
        }
    }
}
