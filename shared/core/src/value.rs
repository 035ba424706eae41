use crate::{Error, Result};

/// What a kernel reads a column as. A source hands over values of a kind in one form, that of
/// PostgreSQL's binary protocol, whatever type the column is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A boolean: one byte, 0 or 1.
    Boolean,
    /// A whole number: an `i64`, big-endian.
    Integer,
    /// A number: an `f64`, big-endian. A decimal is the nearest one.
    Number,
    /// An exact decimal, as text.
    Decimal,
    /// A text, as UTF-8.
    Text,
    /// A UUID: its 16 bytes.
    Uuid,
    /// An instant: an `i64` of microseconds since 2000-01-01T00:00:00Z, big-endian; the least and
    /// the greatest are minus and plus infinity.
    Instant,
    /// A value of any type, as the database spells it.
    Any,
}

impl Kind {
    /// The kind's name, as callers are told it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Instant => "instant",
            Self::Any => "any",
        }
    }
}

/// A value of a column, as a kernel reads it.
pub trait Value<'r>: Sized {
    /// What the column is read as.
    const KIND: Kind;

    /// The value that a source has sent; `None` if it is none of this kind.
    fn decode(bytes: &'r [u8]) -> Option<Self>;
}

impl Value<'_> for bool {
    const KIND: Kind = Kind::Boolean;

    fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl Value<'_> for i64 {
    const KIND: Kind = Kind::Integer;

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Value<'_> for f64 {
    const KIND: Kind = Kind::Number;

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl<'r> Value<'r> for &'r str {
    const KIND: Kind = Kind::Text;

    fn decode(bytes: &'r [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()
    }
}

impl Value<'_> for uuid::Uuid {
    const KIND: Kind = Kind::Uuid;

    fn decode(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

/// An exact decimal as text: `-12.50`, `NaN`, `Infinity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal<'r>(pub &'r str);

impl<'r> Value<'r> for Decimal<'r> {
    const KIND: Kind = Kind::Decimal;

    fn decode(bytes: &'r [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(Self)
    }
}

/// Microseconds since 2000-01-01T00:00:00Z; the least and the greatest are minus and plus
/// infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Value<'_> for Instant {
    const KIND: Kind = Kind::Instant;

    fn decode(bytes: &[u8]) -> Option<Self> {
        i64::decode(bytes).map(Self)
    }
}

/// A value of any type, as the database spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Any<'r>(pub &'r str);

impl<'r> Value<'r> for Any<'r> {
    const KIND: Kind = Kind::Any;

    fn decode(bytes: &'r [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(Self)
    }
}

/// The values of a row, as a kernel reads them: an array or a tuple of [`Option`]s, `None` for
/// SQL's NULL.
pub trait Columns<'r>: Sized {
    /// What each column is read as.
    const KINDS: &'static [Kind];

    /// The values of the next row.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there are too few, or one is not of its kind.
    fn decode(fields: &mut Fields<'r>) -> Result<Self>;
}

impl<'r, V: Value<'r>, const N: usize> Columns<'r> for [Option<V>; N] {
    const KINDS: &'static [Kind] = &[V::KIND; N];

    fn decode(fields: &mut Fields<'r>) -> Result<Self> {
        let mut values = [const { None }; N];
        for value in &mut values {
            *value = fields.value()?;
        }
        Ok(values)
    }
}

macro_rules! columns_of_tuple {
    ($($value:ident),+) => {
        impl<'r, $($value: Value<'r>),+> Columns<'r> for ($(Option<$value>,)+) {
            const KINDS: &'static [Kind] = &[$($value::KIND),+];

            fn decode(fields: &mut Fields<'r>) -> Result<Self> {
                Ok(($(fields.value::<$value>()?,)+))
            }
        }
    };
}

columns_of_tuple!(A);
columns_of_tuple!(A, B);
columns_of_tuple!(A, B, C);
columns_of_tuple!(A, B, C, D);
columns_of_tuple!(A, B, C, D, E);
columns_of_tuple!(A, B, C, D, E, F);

/// Fields one after the other, each as in a `DataRow` of PostgreSQL's protocol: its length as an
/// `i32`, big-endian, -1 for NULL, and as many bytes.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'r>(pub(crate) &'r [u8]);

impl<'r> Fields<'r> {
    /// The next field; `None` is NULL.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there is none.
    #[inline]
    pub fn field(&mut self) -> Result<Option<&'r [u8]>> {
        let (length, rest) = self.0.split_first_chunk().ok_or_else(|| malformed("no length"))?;
        let length = i32::from_be_bytes(*length);
        let Ok(length) = usize::try_from(length) else {
            self.0 = rest;
            return if length == -1 { Ok(None) } else { Err(malformed("a negative length")) };
        };
        let (field, rest) = rest
            .split_at_checked(length)
            .ok_or_else(|| malformed("fewer bytes than its length"))?;
        self.0 = rest;
        Ok(Some(field))
    }

    /// The next field as a value.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there is none, or it is no value of this kind.
    #[inline]
    pub fn value<V: Value<'r>>(&mut self) -> Result<Option<V>> {
        match self.field()? {
            None => Ok(None),
            Some(bytes) => match V::decode(bytes) {
                Some(value) => Ok(Some(value)),
                None => {
                    let problem = format!("{} bytes that are no {:?}", bytes.len(), V::KIND);
                    Err(malformed(&problem))
                }
            },
        }
    }
}

#[cold]
fn malformed(problem: &str) -> Error {
    Error::corrupt("a field of a row", problem)
}
