use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::rows::{Decode, Form, Kind, Numeric};

/// A number in its column's own type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    /// A value of a `real` or `double precision` column; or the NaN or an infinity of a `numeric`.
    Float(f64),
    /// A value of a `smallint`, `integer` or `bigint` column.
    Integer(i64),
    /// A finite value of a `numeric` column.
    Numeric(Numeric),
}

impl Number {
    /// The most bytes of a finite number's JSON: name, sign, digits and point.
    pub const LONGEST: usize = r#"{"numeric":"-."}"#.len() + 2 * Numeric::MOST_DIGITS as usize;

    /// Returns the JSON Schema of a finite number in an answer.
    pub fn schema() -> Value {
        json!({
            "description": "A number in its column's own type. An integer of 64 bits is a JSON \
                integer. A decimal is a JSON number if it has at most 15 digits; otherwise it is a \
                string of all its digits, as is a longer integer.",
            "type": ["number", "string"],
            "pattern": r"^-?[0-9]+(\.[0-9]+)?$"
        })
    }

    /// The name by which the schema of a sum says that it may have more digits than its column.
    pub const IS_SUM: &str = "x-sum";

    /// Returns the JSON Schema of a finite sum of numbers in an answer.
    pub fn sum_schema() -> Value {
        let mut schema = Self::schema();
        schema[Self::IS_SUM] = true.into();
        schema
    }

    /// Returns whether it is neither NaN nor infinite.
    #[inline]
    pub const fn is_finite(&self) -> bool {
        match self {
            Self::Float(number) => number.is_finite(),
            Self::Integer(_) | Self::Numeric(_) => true,
        }
    }

    /// Returns whether the number is NaN.
    #[inline]
    pub const fn is_nan(&self) -> bool {
        matches!(self, Self::Float(number) if number.is_nan())
    }

    /// Compares two numbers. -0 is less than 0. Of two equal decimals the one with fewer places is
    /// less.
    #[inline]
    pub fn total_cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Float(one), Self::Float(other)) => one.total_cmp(other),
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Numeric(one), Self::Numeric(other)) => one.cmp(other),
            _ => self.cmp_of_types(other),
        }
    }

    /// Compares numbers of different types, which a column has if its type changes during a job.
    #[cold]
    fn cmp_of_types(&self, other: &Self) -> Ordering {
        match (self.to_numeric(), other.to_numeric()) {
            (Some(one), Some(other)) => one.cmp(&other),
            (None, _) => self.to_double().total_cmp(&0.0),
            (_, None) => 0_f64.total_cmp(&other.to_double()),
        }
    }

    /// Returns the number as a decimal, exactly; `None` if it is not finite.
    pub(crate) fn to_numeric(&self) -> Option<Numeric> {
        match self {
            Self::Float(number) => Numeric::of_double(*number),
            Self::Integer(number) => Some(Numeric::from(*number)),
            Self::Numeric(number) => Some(number.clone()),
        }
    }

    /// Returns the nearest double; an infinity if the number is beyond the finite doubles.
    pub fn to_double(&self) -> f64 {
        match self {
            Self::Float(number) => *number,
            Self::Integer(number) => *number as f64,
            Self::Numeric(number) => number.to_double(),
        }
    }

    /// Returns the number as JSON: an integer as a JSON integer, a double as a JSON number, a
    /// decimal as [`Numeric::to_json`] writes it; `null` if the number is not finite.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Float(number) => (*number).into(),
            Self::Integer(number) => (*number).into(),
            Self::Numeric(number) => number.to_json(),
        }
    }

    /// Reads a numeric in PostgreSQL's binary form, a sequence of two-byte integers: the number of
    /// groups of four digits, the weight of the first group, the sign, the scale, and the groups.
    /// `None` if the bytes have another form or the numeric has too many digits.
    fn of_numeric(bytes: &[u8]) -> Option<Self> {
        let ([count, weight, sign, scale], groups) = bytes.as_chunks().0.split_first_chunk()?;
        if bytes.len() != 8 + 2 * groups.len() || u16::from_be_bytes(*count) != groups.len() as u16
        {
            return None;
        }
        let negative = match u16::from_be_bytes(*sign) {
            0x0000 => false,
            0x4000 => true,
            0xC000 => return Some(Self::Float(f64::NAN)),
            0xD000 => return Some(Self::Float(f64::INFINITY)),
            0xF000 => return Some(Self::Float(f64::NEG_INFINITY)),
            _ => return None,
        };
        let (weight, scale) = (i16::from_be_bytes(*weight), u16::from_be_bytes(*scale));
        Numeric::of_groups(negative, weight, scale, groups).map(Self::Numeric)
    }
}

impl Decode<'_> for Number {
    const KIND: Kind = Kind::Exact;
    // The width of a float and of an integer; numerics vary and are not read by width.
    const WIDTH: Option<usize> = Some(8);

    fn decode(bytes: &[u8]) -> Option<Self> {
        f64::decode(bytes).map(Self::Float)
    }

    #[inline]
    fn decode_as(form: Form, bytes: &[u8]) -> Option<Self> {
        match form {
            Form::Plain | Form::Float => Self::decode(bytes),
            Form::Integer => i64::decode(bytes).map(Self::Integer),
            Form::Numeric => Self::of_numeric(bytes),
        }
    }
}
