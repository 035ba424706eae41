//! JSON values as text for people.

use serde_json::{Map, Value};

use crate::text::clean;

/// Returns a value on one line, such as `id 7, x1 0.5` for an object.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => clean(text),
        Value::Array(values) => values.iter().map(nested).collect::<Vec<_>>().join(", "),
        Value::Object(object) => fields(object),
        number_or_bool => number_or_bool.to_string(),
    }
}

/// Returns the fields of an object on one line.
pub(crate) fn fields(object: &Map<String, Value>) -> String {
    let fields = object.iter().map(|(name, field)| format!("{} {}", clean(name), nested(field)));
    fields.collect::<Vec<_>>().join(", ")
}

/// Returns a value within another value, in brackets if it has parts.
fn nested(field: &Value) -> String {
    match field {
        Value::Array(_) => format!("[{}]", value(field)),
        Value::Object(_) => format!("({})", value(field)),
        _ => value(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_on_one_line_and_numbers_keep_their_digits() {
        let pair = json!({ "id": 61239, "x1": 65.76858534432826, "x2": 1e-300 });
        assert_eq!(value(&pair), "id 61239, x1 65.76858534432826, x2 1e-300");
        assert_eq!(
            value(&json!({ "at": { "x": 1 }, "of": [1, [2, true]] })),
            "at (x 1), of [1, [2, true]]"
        );
        assert_eq!(value(&json!(["a\n\u{1b}", null])), r"a\n\u{1b}, none");
    }
}
