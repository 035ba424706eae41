use serde::{Deserialize, Serialize};

/// The kind of value that a kernel reads a column as. A source sends all values of a kind in the
/// same form, that of PostgreSQL's binary protocol, whatever the column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A boolean: one byte, 0 or 1.
    Boolean,
    /// A whole number: an `i64`, big-endian.
    Integer,
    /// A number: an `f64`, big-endian. A decimal is sent as the nearest `f64`.
    Number,
    /// A number in its column's own type, in the [`Form`] that the source states.
    Exact,
    /// An exact decimal, as text.
    Decimal,
    /// A text, as UTF-8.
    Text,
    /// A UUID: its 16 bytes.
    Uuid,
    /// An instant: an `i64` of microseconds since 2000-01-01T00:00:00Z, big-endian. The least `i64`
    /// is minus infinity, the greatest is infinity.
    Instant,
    /// A value of any type: bytes that are equal if, and only if, the database calls the values
    /// equal.
    Identity,
    /// A value as it is, in the form of its [`ValueType`](crate::ValueType), for a file.
    Value,
}

impl Kind {
    /// Every kind that a kernel reads, those of one name beside one another.
    pub const ALL: [Self; 9] = [
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Exact,
        Self::Decimal,
        Self::Text,
        Self::Uuid,
        Self::Instant,
        Self::Identity,
    ];

    /// Returns the kind's name, as answers show it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number | Self::Exact => "number",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Instant => "instant",
            Self::Identity | Self::Value => "any",
        }
    }
}

/// How the bytes of a field are written, where a kind has several forms. A [`Kind::Exact`] has all
/// of them; a [`Kind::Number`] is an integer if it shares the field of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As the kind says; a [`Kind::Exact`] as a float.
    #[default]
    Plain,
    /// An `f64`, big-endian.
    Float,
    /// An `i64`, big-endian.
    Integer,
    /// PostgreSQL's binary numeric.
    Numeric,
}

/// Removes and returns the form of the next field; [`Form::Plain`] if no form is left.
#[inline(always)]
pub(crate) fn next_form(forms: &mut &[Form]) -> Form {
    forms.split_off_first().copied().unwrap_or_default()
}

/// A value of a column, as a kernel reads it.
pub trait Decode<'r>: Sized {
    /// The kind that the column is read as.
    const KIND: Kind;

    /// The bytes of each value, if all values have the same number.
    const WIDTH: Option<usize> = None;

    /// Decodes a value that a source sent; `None` if it is not of this kind.
    fn decode(bytes: &'r [u8]) -> Option<Self>;

    /// Decodes a value that a source sent in this form; `None` if it is not of this kind.
    #[inline]
    fn decode_as(_: Form, bytes: &'r [u8]) -> Option<Self> {
        Self::decode(bytes)
    }
}

impl Decode<'_> for bool {
    const KIND: Kind = Kind::Boolean;
    const WIDTH: Option<usize> = Some(1);

    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl Decode<'_> for i64 {
    const KIND: Kind = Kind::Integer;
    const WIDTH: Option<usize> = Some(8);

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Decode<'_> for f64 {
    const KIND: Kind = Kind::Number;
    const WIDTH: Option<usize> = Some(8);

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }

    #[inline]
    fn decode_as(form: Form, bytes: &[u8]) -> Option<Self> {
        match form {
            Form::Plain | Form::Float => Self::decode(bytes),
            // Rounds to the nearest double, as PostgreSQL does.
            Form::Integer => i64::decode(bytes).map(|integer| integer as Self),
            Form::Numeric => None,
        }
    }
}

impl<'r> Decode<'r> for &'r str {
    const KIND: Kind = Kind::Text;

    fn decode(bytes: &'r [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()
    }
}

impl Decode<'_> for uuid::Uuid {
    const KIND: Kind = Kind::Uuid;
    const WIDTH: Option<usize> = Some(16);

    fn decode(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

/// An exact decimal as text: `-12.50`, `NaN`, `Infinity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal<'r>(pub &'r str);

impl<'r> Decode<'r> for Decimal<'r> {
    const KIND: Kind = Kind::Decimal;

    fn decode(bytes: &'r [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(Self)
    }
}

/// An instant, in microseconds since 2000-01-01T00:00:00Z. The least `i64` is minus infinity, the
/// greatest is infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Decode<'_> for Instant {
    const KIND: Kind = Kind::Instant;
    const WIDTH: Option<usize> = Some(8);

    fn decode(bytes: &[u8]) -> Option<Self> {
        i64::decode(bytes).map(Self)
    }
}

/// A value of any type: bytes that are equal if, and only if, the database calls the values equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity<'r>(pub &'r [u8]);

impl<'r> Decode<'r> for Identity<'r> {
    const KIND: Kind = Kind::Identity;

    fn decode(bytes: &'r [u8]) -> Option<Self> {
        Some(Self(bytes))
    }
}
