use serde_json::Value;

use crate::rows::Number;

/// A field of an answer. Files take numbers as they are, which is faster than by their JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerField {
    /// JSON's `null`.
    Null,
    /// A whole number.
    Integer(i64),
    /// A double; `null` in JSON and in files if it is not finite.
    Double(f64),
    /// Any other value.
    Json(Value),
}

impl AnswerField {
    /// Returns the field as JSON.
    pub fn into_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => number.into(),
            Self::Double(number) => number.into(),
            Self::Json(value) => value,
        }
    }
}

impl From<Number> for AnswerField {
    fn from(number: Number) -> Self {
        match number {
            Number::Float(number) => Self::Double(number),
            Number::Integer(number) => Self::Integer(number),
            Number::Numeric(_) => Self::Json(number.to_json()),
        }
    }
}

impl<F: Into<Self>> From<Option<F>> for AnswerField {
    fn from(field: Option<F>) -> Self {
        field.map_or(Self::Null, Into::into)
    }
}

impl From<f64> for AnswerField {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

/// The answer of a kernel for a row of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerFields {
    /// Its fields, in the order of the properties in the answer's schema.
    InOrder(Vec<AnswerField>),
    /// A JSON object.
    Json(Value),
}
