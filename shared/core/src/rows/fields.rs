use crate::{
    error::{Error, Result},
    rows::{Decode, Form, KeyKind, Numeric, decode::next_form},
};

/// The fields of a row that a kernel reads, which are taken one after the other.
pub trait RowFields<'r> {
    /// Returns the number of fields, including those already taken.
    fn count(&self) -> usize;

    /// Returns the form of the next field. Call it once before each [`field`](RowFields::field).
    fn form(&mut self) -> Form;

    /// Takes the next field; `None` is NULL.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if no field is left.
    fn field(&mut self) -> Result<Option<&'r [u8]>>;

    /// Takes the next field as a value.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if no field is left, or the field is not a value of this kind.
    #[inline]
    fn value<V: Decode<'r>>(&mut self) -> Result<Option<V>> {
        let form = self.form();
        match self.field()? {
            None => Ok(None),
            Some(bytes) => match V::decode_as(form, bytes) {
                Some(value) => Ok(Some(value)),
                None if form == Form::Numeric => Err(of_no_numeric(bytes)),
                None => Err(of_another_kind(bytes, V::KIND.name())),
            },
        }
    }

    /// Checks the number of fields.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is not `count`.
    #[inline]
    fn check_count(&self, count: usize) -> Result<()> {
        match self.count() == count {
            true => Ok(()),
            false => Err(malformed(&format!("it is of {} columns, not {count}", self.count()))),
        }
    }
}

/// All remaining fields of a row. Each field is as in a `DataRow` of PostgreSQL's protocol: its
/// length as a big-endian `i32`, which is -1 for NULL, and then its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'r> {
    bytes: &'r [u8],
    /// The number of fields of columns: all fields except the key.
    count: usize,
    /// The forms of the remaining columns; empty if all are plain.
    forms: &'r [Form],
}

impl<'r> Fields<'r> {
    /// Reads the fields of a row, which starts with their number as an `i16`. The key, which is the
    /// first unless keys are unsent, is plain.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the row has no field.
    pub(crate) fn of_row(keys: KeyKind, bytes: &'r [u8]) -> Result<Self> {
        match bytes.split_first_chunk().map(|(count, bytes)| (u16::from_be_bytes(*count), bytes)) {
            Some((count @ 1.., bytes)) => {
                let count = usize::from(count) - keys.fields();
                Ok(Self { bytes, count, forms: &[] })
            }
            _ => Err(malformed("it is not there")),
        }
    }

    /// Returns the same fields with these forms, from the next field on.
    pub(crate) const fn in_forms(self, forms: &'r [Form]) -> Self {
        Self { forms, ..self }
    }

    /// Returns whether no byte is left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes the next field as an integer of any width.
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

impl<'r> RowFields<'r> for Fields<'r> {
    fn count(&self) -> usize {
        self.count
    }

    #[inline]
    fn form(&mut self) -> Form {
        next_form(&mut self.forms)
    }

    #[inline]
    fn field(&mut self) -> Result<Option<&'r [u8]>> {
        let (field, rest) = split_field(self.bytes)?;
        self.bytes = rest;
        Ok(field)
    }
}

/// Returns the first field, `None` for NULL, and the bytes after it.
///
/// # Errors
/// [`Error::Corrupt`] if the bytes do not start with a field.
#[inline]
pub(crate) fn split_field(bytes: &[u8]) -> Result<(Option<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk().ok_or_else(|| malformed("no length"))?;
    let length = i32::from_be_bytes(*length);
    let Ok(length) = usize::try_from(length) else {
        return if length == -1 { Ok((None, rest)) } else { Err(malformed("a negative length")) };
    };
    let (field, rest) =
        rest.split_at_checked(length).ok_or_else(|| malformed("fewer bytes than its length"))?;
    Ok((Some(field), rest))
}

#[cold]
pub(crate) fn of_another_kind(bytes: &[u8], kind: &str) -> Error {
    malformed(&format!("{} bytes that are no {kind}", bytes.len()))
}

/// Makes the error of bytes that cannot be read as a numeric: too many digits, or another kind.
#[cold]
fn of_no_numeric(bytes: &[u8]) -> Error {
    let most = Numeric::MOST_DIGITS;
    let field = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let (Some(weight), Some(places)) = (field(2), field(6)) else {
        return of_another_kind(bytes, "numeric");
    };
    let digits = 4 * (i32::from(weight as i16) + 1);
    if digits <= most.into() && places <= most {
        return of_another_kind(bytes, "numeric");
    }
    Error::Misconfigured(format!(
        "a row has a numeric of about {} digits before its point and {places} after it; {most} of \
         each are the most",
        digits.max(0)
    ))
}

#[cold]
pub(crate) fn malformed(problem: &str) -> Error {
    Error::corrupt("a row", problem)
}
