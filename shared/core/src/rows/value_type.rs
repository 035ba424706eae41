use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The type of a column's values, as files have them, and the form in which a source sends them.
///
/// Its text is `bigint`, `numeric(10,2)`, and so on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ValueType {
    /// A boolean: one byte, 0 or 1.
    Boolean,
    /// A whole number of 16 bits, sent as an `i64`, big-endian.
    Smallint,
    /// A whole number of 32 bits, sent as an `i64`, big-endian.
    Integer,
    /// A whole number of 64 bits: an `i64`, big-endian.
    Bigint,
    /// A float of 32 bits, sent as an `f64`, big-endian.
    Real,
    /// A float: an `f64`, big-endian.
    Double,
    /// A decimal with a limited number of digits, in PostgreSQL's binary form.
    Numeric {
        /// The most digits, from 1 to [`ValueType::MOST_DIGITS`].
        precision: u8,
        /// The digits after the point, at most `precision`.
        scale: u8,
    },
    /// A text, as UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// A day: an `i32` of days since 2000-01-01, big-endian. The least is minus infinity, the
    /// greatest is infinity.
    Date,
    /// A time of day: an `i64` of microseconds since midnight, big-endian.
    Time,
    /// A time without a time zone: an `i64` of microseconds since 2000-01-01T00:00:00, big-endian.
    /// The least is minus infinity, the greatest is infinity.
    Timestamp,
    /// An instant: as a timestamp, in UTC.
    Timestamptz,
    /// A UUID: its 16 bytes.
    Uuid,
    /// JSON, as text.
    Json,
    /// A number in decimal digits, or another value that no type above has, as text.
    Other,
}

impl ValueType {
    /// The most digits of a decimal in a file; a decimal of more is sent as text.
    pub const MOST_DIGITS: u8 = 38;
}

/// The types without digits, and their names.
const NAMED: [(ValueType, &str); 15] = [
    (ValueType::Boolean, "boolean"),
    (ValueType::Smallint, "smallint"),
    (ValueType::Integer, "integer"),
    (ValueType::Bigint, "bigint"),
    (ValueType::Real, "real"),
    (ValueType::Double, "double"),
    (ValueType::Text, "text"),
    (ValueType::Bytes, "bytes"),
    (ValueType::Date, "date"),
    (ValueType::Time, "time"),
    (ValueType::Timestamp, "timestamp"),
    (ValueType::Timestamptz, "timestamptz"),
    (ValueType::Uuid, "uuid"),
    (ValueType::Json, "json"),
    (ValueType::Other, "other"),
];

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numeric { precision, scale } => write!(f, "numeric({precision},{scale})"),
            named => match NAMED.iter().find(|(value_type, _)| value_type == named) {
                Some((_, name)) => f.write_str(name),
                None => Ok(()),
            },
        }
    }
}

impl FromStr for ValueType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some((named, _)) = NAMED.iter().find(|(_, name)| *name == text) {
            return Ok(named.clone());
        }
        let digits = text.strip_prefix("numeric(").and_then(|rest| rest.strip_suffix(')'));
        let digits = digits.and_then(|digits| digits.split_once(','));
        match digits.map(|(precision, scale)| (precision.parse(), scale.parse())) {
            Some((Ok(precision), Ok(scale)))
                if (1..=Self::MOST_DIGITS).contains(&precision) && scale <= precision =>
            {
                Ok(Self::Numeric { precision, scale })
            }
            _ => Err(Error::Invalid(format!("there is no type {text:?} of values"))),
        }
    }
}

impl TryFrom<String> for ValueType {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<ValueType> for String {
    fn from(value_type: ValueType) -> Self {
        value_type.to_string()
    }
}

#[test]
fn a_type_reads_back_from_its_text() {
    let numeric = ValueType::Numeric { precision: 10, scale: 2 };
    assert_eq!(numeric.to_string(), "numeric(10,2)");
    for value_type in NAMED.into_iter().map(|(named, _)| named).chain([numeric]) {
        assert_eq!(value_type.to_string().parse::<ValueType>().unwrap(), value_type);
    }
    for wrong in ["", "int", "numeric", "numeric(39,0)", "numeric(0,0)", "numeric(2,3)"] {
        assert!(wrong.parse::<ValueType>().is_err(), "{wrong}");
    }
}
