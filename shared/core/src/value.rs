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

    /// How many bytes each value has, if all have as many.
    const WIDTH: Option<usize> = None;

    /// The value that a source has sent; `None` if it is none of this kind.
    fn decode(bytes: &'r [u8]) -> Option<Self>;
}

impl Value<'_> for bool {
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

impl Value<'_> for i64 {
    const KIND: Kind = Kind::Integer;
    const WIDTH: Option<usize> = Some(8);

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Value<'_> for f64 {
    const KIND: Kind = Kind::Number;
    const WIDTH: Option<usize> = Some(8);

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
    const WIDTH: Option<usize> = Some(16);

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
    const WIDTH: Option<usize> = Some(8);

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

/// What a kernel wants to know of NULLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// Which columns of a row are NULL.
    Each,
    /// Whether any column of a row is NULL. A source may then send the numbers of a row in one
    /// field, and NULL for all of them.
    Any,
}

/// The values of a row, as a kernel reads them: an array or a tuple of [`Option`]s, `None` for
/// SQL's NULL; or an optional array of numbers, `None` if any of them is NULL.
pub trait Columns<'r>: Sized {
    /// What each column is read as.
    const KINDS: &'static [Kind];

    /// What is to be known of NULLs.
    const NULLS: Nulls = Nulls::Each;

    /// In how many fields they come.
    const FIELDS: usize = Self::KINDS.len();

    /// How many bytes these fields have, lengths included, if none is NULL and all such rows have
    /// as many.
    const WIDTH: Option<usize>;

    /// The values of a row, of which these fields are left.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there are too few, or one is not of its kind.
    fn decode(fields: &mut Fields<'r>) -> Result<Self>;

    /// The same from [`WIDTH`](Columns::WIDTH) bytes; `None` if a value has not its width.
    fn decode_widths(bytes: &'r [u8]) -> Option<Self>;
}

impl<'r, V: Value<'r>, const N: usize> Columns<'r> for [Option<V>; N] {
    const KINDS: &'static [Kind] = &[V::KIND; N];
    const WIDTH: Option<usize> = sum(&[V::WIDTH; N]);

    fn decode(fields: &mut Fields<'r>) -> Result<Self> {
        fields.check_count(N)?;
        let mut values = [const { None }; N];
        for value in &mut values {
            *value = fields.value()?;
        }
        Ok(values)
    }

    #[inline(always)]
    fn decode_widths(mut bytes: &'r [u8]) -> Option<Self> {
        let mut values = [const { None }; N];
        for value in &mut values {
            *value = Some(V::decode(of_width(&mut bytes, V::WIDTH?)?)?);
        }
        Some(values)
    }
}

/// In one field or in `N`: in one, the numbers come one after the other.
impl<'r, const N: usize> Columns<'r> for Option<[f64; N]> {
    const KINDS: &'static [Kind] = &[Kind::Number; N];
    const NULLS: Nulls = Nulls::Any;
    const FIELDS: usize = 1;
    const WIDTH: Option<usize> = sum(&[Some(8 * N)]);

    fn decode(fields: &mut Fields<'r>) -> Result<Self> {
        if fields.count != 1 {
            let row = <[Option<f64>; N]>::decode(fields)?;
            let whole = row.iter().all(Option::is_some);
            return Ok(whole.then(|| row.map(Option::unwrap_or_default)));
        }
        match fields.field()? {
            None => Ok(None),
            Some(bytes) => match numbers(bytes) {
                Some(numbers) => Ok(Some(numbers)),
                None => Err(of_another_kind(bytes, "numbers")),
            },
        }
    }

    #[inline(always)]
    fn decode_widths(mut bytes: &'r [u8]) -> Option<Self> {
        numbers(of_width(&mut bytes, 8 * N)?).map(Some)
    }
}

/// So many numbers, if these bytes are as many.
#[inline(always)]
fn numbers<const N: usize>(bytes: &[u8]) -> Option<[f64; N]> {
    let words: &[[u8; 8]; N] = bytes.as_chunks().0.try_into().ok()?;
    (bytes.len() == 8 * N).then(|| words.map(f64::from_be_bytes))
}

/// Takes a field of so many bytes off the front, if there is one.
#[inline(always)]
fn of_width<'r>(bytes: &mut &'r [u8], width: usize) -> Option<&'r [u8]> {
    let (length, field) = bytes.split_off(..4 + width)?.split_at(4);
    (length == (width as u32).to_be_bytes()).then_some(field)
}

/// How many bytes fields of these widths have, lengths included, if all have a width.
const fn sum(widths: &[Option<usize>]) -> Option<usize> {
    let (mut sum, mut at) = (0, 0);
    while at < widths.len() {
        match widths[at] {
            Some(width) => sum += 4 + width,
            None => return None,
        }
        at += 1;
    }
    Some(sum)
}

macro_rules! columns_of_tuple {
    ($($value:ident),+) => {
        impl<'r, $($value: Value<'r>),+> Columns<'r> for ($(Option<$value>,)+) {
            const KINDS: &'static [Kind] = &[$($value::KIND),+];
            const WIDTH: Option<usize> = sum(&[$($value::WIDTH),+]);

            fn decode(fields: &mut Fields<'r>) -> Result<Self> {
                fields.check_count(Self::KINDS.len())?;
                Ok(($(fields.value::<$value>()?,)+))
            }

            #[inline(always)]
            fn decode_widths(mut bytes: &'r [u8]) -> Option<Self> {
                Some(($(Some($value::decode(of_width(&mut bytes, $value::WIDTH?)?)?),)+))
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

/// Fields of a row one after the other, each as in a `DataRow` of PostgreSQL's protocol: its length
/// as an `i32`, big-endian, -1 for NULL, and as many bytes.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'r> {
    bytes: &'r [u8],
    /// How many are for columns: all but the key's.
    count: usize,
}

impl<'r> Fields<'r> {
    /// The fields of a row: first how many, as an `i16`.
    pub(crate) fn of_row(bytes: &'r [u8]) -> Result<Self> {
        match bytes.split_first_chunk().map(|(count, bytes)| (u16::from_be_bytes(*count), bytes)) {
            Some((count @ 1.., bytes)) => Ok(Self { bytes, count: usize::from(count) - 1 }),
            _ => Err(malformed("it is not there")),
        }
    }

    /// Whether no byte is left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    #[inline]
    fn check_count(&self, count: usize) -> Result<()> {
        match self.count == count {
            true => Ok(()),
            false => Err(malformed(&format!("it is of {} columns, not {count}", self.count))),
        }
    }

    /// The next field; `None` is NULL.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if there is none.
    #[inline]
    fn field(&mut self) -> Result<Option<&'r [u8]>> {
        let (length, rest) =
            self.bytes.split_first_chunk().ok_or_else(|| malformed("no length"))?;
        let length = i32::from_be_bytes(*length);
        let Ok(length) = usize::try_from(length) else {
            self.bytes = rest;
            return if length == -1 { Ok(None) } else { Err(malformed("a negative length")) };
        };
        let (field, rest) = rest
            .split_at_checked(length)
            .ok_or_else(|| malformed("fewer bytes than its length"))?;
        self.bytes = rest;
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
                None => Err(of_another_kind(bytes, V::KIND.name())),
            },
        }
    }

    /// The next field as an integer of any width.
    #[inline]
    pub(crate) fn integer(&mut self) -> Result<Option<i64>> {
        let Some(bytes) = self.field()? else { return Ok(None) };
        let integer = match *bytes {
            [a, b] => i16::from_be_bytes([a, b]).into(),
            [a, b, c, d] => i32::from_be_bytes([a, b, c, d]).into(),
            _ => i64::decode(bytes).ok_or_else(|| of_another_kind(bytes, "integer"))?,
        };
        Ok(Some(integer))
    }
}

#[cold]
fn of_another_kind(bytes: &[u8], kind: &str) -> Error {
    malformed(&format!("{} bytes that are no {kind}", bytes.len()))
}

#[cold]
fn malformed(problem: &str) -> Error {
    Error::corrupt("a row", problem)
}
