use std::cmp::Ordering;

use serde_json::Value;

use super::{GroupType, instant_text};
use crate::{
    error::Result,
    rows::{Decode, Number, Numeric, malformed, split_field},
};

/// A value that the rows of a group share.
///
/// Values of one type are ordered as the database orders them, except texts, which are ordered by
/// their bytes. NULL is the last.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupValue {
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A decimal, or a NaN or an infinity of a column of decimals.
    Numeric(Number),
    /// A text.
    Text(String),
    /// A day, as the instant at which it starts in UTC.
    Date(i64),
    /// A time without a time zone, as the instant in UTC.
    Timestamp(i64),
    /// An instant, in microseconds since 2000-01-01T00:00:00Z.
    TimestampTz(i64),
    /// A UUID.
    Uuid(uuid::Uuid),
    /// SQL's NULL.
    Null,
}

impl GroupValue {
    /// Reads the values of a group from its key, the bytes of the fields that its rows share.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the key has other fields.
    pub(super) fn read(mut key: &[u8], types: &[GroupType]) -> Result<Vec<Self>> {
        let mut values = Vec::with_capacity(types.len());
        for group_type in types {
            let (field, rest) = split_field(key)?;
            values.push(match field {
                None => Self::Null,
                Some(bytes) => Self::decode(bytes, *group_type)
                    .ok_or_else(|| malformed(&format!("a group that is no {group_type:?}")))?,
            });
            key = rest;
        }
        if key.is_empty() { Ok(values) } else { Err(malformed("a group with more values")) }
    }

    fn decode(bytes: &[u8], group_type: GroupType) -> Option<Self> {
        Some(match group_type {
            GroupType::Boolean => Self::Boolean(bool::decode(bytes)?),
            GroupType::Integer => Self::Integer(i64::decode(bytes)?),
            GroupType::Numeric => Self::Numeric(match <&str>::decode(bytes)? {
                "NaN" => Number::Float(f64::NAN),
                "Infinity" => Number::Float(f64::INFINITY),
                "-Infinity" => Number::Float(f64::NEG_INFINITY),
                digits => Number::Numeric(Numeric::parse(digits)?),
            }),
            GroupType::Text => Self::Text(<&str>::decode(bytes)?.to_owned()),
            GroupType::Date => Self::Date(i64::decode(bytes)?),
            GroupType::Timestamp => Self::Timestamp(i64::decode(bytes)?),
            GroupType::TimestampTz => Self::TimestampTz(i64::decode(bytes)?),
            GroupType::Uuid => Self::Uuid(uuid::Uuid::decode(bytes)?),
        })
    }

    /// Returns the value as JSON: a boolean, a number or a text as such, a time as ISO 8601 has it,
    /// NULL as `null`. A decimal that is not finite is a text.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Numeric(Number::Float(value)) if value.is_nan() => "NaN".into(),
            Self::Numeric(Number::Float(value)) if *value > 0.0 => "Infinity".into(),
            Self::Numeric(Number::Float(_)) => "-Infinity".into(),
            Self::Numeric(value) => value.to_json(),
            Self::Text(value) => value.as_str().into(),
            Self::Date(micros) => instant_text::day(*micros).to_string().into(),
            Self::Timestamp(micros) => instant_text::day_and_time(*micros).to_string().into(),
            Self::TimestampTz(micros) => instant_text::instant(*micros).to_string().into(),
            Self::Uuid(value) => value.to_string().into(),
        }
    }

    pub(super) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl Eq for GroupValue {}

impl PartialOrd for GroupValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GroupValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(one), Self::Boolean(other)) => one.cmp(other),
            (Self::Integer(one), Self::Integer(other))
            | (Self::Date(one), Self::Date(other))
            | (Self::Timestamp(one), Self::Timestamp(other))
            | (Self::TimestampTz(one), Self::TimestampTz(other)) => one.cmp(other),
            (Self::Numeric(one), Self::Numeric(other)) => one.total_cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Uuid(one), Self::Uuid(other)) => one.cmp(other),
            (one, other) => one.is_null().cmp(&other.is_null()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let field = |field: &Option<&[u8]>| match field {
            None => (-1_i32).to_be_bytes().to_vec(),
            Some(bytes) => [&(bytes.len() as i32).to_be_bytes()[..], bytes].concat(),
        };
        fields.iter().flat_map(field).collect()
    }

    #[test]
    fn the_values_of_a_group_are_read_by_their_types() {
        let day = 86_400_000_000_i64.to_be_bytes();
        let fields = [Some(&b"Rome"[..]), Some(&day), None, Some(b"12.5"), Some(b"NaN")];
        let types = [
            GroupType::Text,
            GroupType::Date,
            GroupType::Uuid,
            GroupType::Numeric,
            GroupType::Numeric,
        ];
        let values = GroupValue::read(&key(&fields), &types).unwrap();
        let json: Vec<Value> = values.iter().map(GroupValue::to_json).collect();
        assert_eq!(json!(json), json!(["Rome", "2000-01-02", null, 12.5, "NaN"]));
        for wrong in [&types[..4], &[types[0]; 5], &[types[1]; 5]] {
            assert!(GroupValue::read(&key(&fields), wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn null_is_the_last_value() {
        let numeric =
            |text: &str| GroupValue::Numeric(Number::Numeric(Numeric::parse(text).unwrap()));
        let limit = |limit| GroupValue::Numeric(Number::Float(limit));
        let mut values = [
            GroupValue::Null,
            limit(f64::NAN),
            numeric("2"),
            limit(f64::NEG_INFINITY),
            numeric("10"),
            limit(f64::INFINITY),
        ];
        values.sort();
        let json: Vec<Value> = values.iter().map(GroupValue::to_json).collect();
        assert_eq!(json!(json), json!(["-Infinity", 2.0, 10.0, "Infinity", "NaN", null]));
    }
}
