use crate::{
    error::Result,
    rows::{
        Decode, Form, Kind, Number,
        decode::next_form,
        fields::{RowFields, of_another_kind},
    },
};

/// What a kernel needs to know of NULLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// Which columns of a row are NULL.
    PerColumn,
    /// Whether any column of a row is NULL. A source may then send the numbers of a row in one
    /// field, and NULL for all of them.
    PerRow,
}

/// The values of a row, as a kernel reads them: an array or a tuple of [`Option`]s, `None` for
/// SQL's NULL; or an optional array of numbers, `None` if any of them is NULL.
pub trait FromRow<'r>: Sized {
    /// The type that each column is read as.
    const KINDS: &'static [Kind];

    /// What the kernel needs to know of NULLs.
    const NULLS: Nulls = Nulls::PerColumn;

    /// The number of fields that hold the values.
    const FIELDS: usize = Self::KINDS.len();

    /// The bytes of these fields, lengths included, in a row without a NULL; `None` if rows differ.
    const WIDTH: Option<usize>;

    /// Decodes the values of a row from its remaining fields.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a field is missing or not of its kind.
    fn decode(fields: &mut impl RowFields<'r>) -> Result<Self>;

    /// Decodes the values from [`WIDTH`](FromRow::WIDTH) bytes in these forms, one for each field;
    /// `None` if a value has another width.
    fn decode_widths(bytes: &'r [u8], forms: &[Form]) -> Option<Self>;

    /// Decodes the values of a row whose fields start at these places, each a field of its own, in
    /// these forms, as many as there are values; `None` if one is NULL or of another kind.
    fn decode_at(row: &'r [u8], starts: &[usize], forms: &[Form]) -> Option<Self>;
}

impl<'r, V: Decode<'r>, const N: usize> FromRow<'r> for [Option<V>; N] {
    const KINDS: &'static [Kind] = &[V::KIND; N];
    const WIDTH: Option<usize> = sum(&[V::WIDTH; N]);

    #[inline]
    fn decode(fields: &mut impl RowFields<'r>) -> Result<Self> {
        fields.check_count(N)?;
        let mut values = [const { None }; N];
        for value in &mut values {
            *value = fields.value()?;
        }
        Ok(values)
    }

    #[inline(always)]
    fn decode_widths(mut bytes: &'r [u8], mut forms: &[Form]) -> Option<Self> {
        let mut values = [const { None }; N];
        for value in &mut values {
            let form = next_form(&mut forms);
            *value = Some(V::decode_as(form, of_width(&mut bytes, V::WIDTH?)?)?);
        }
        Some(values)
    }

    #[inline(always)]
    fn decode_at(row: &'r [u8], starts: &[usize], forms: &[Form]) -> Option<Self> {
        let (starts, forms): (&[_; N], &[_; N]) = (starts.first_chunk()?, forms.first_chunk()?);
        let mut values = [const { None }; N];
        for ((value, start), form) in values.iter_mut().zip(starts).zip(forms) {
            *value = Some(value_at(row, *start, *form)?);
        }
        Some(values)
    }
}

/// The row has one field or `N`. One field holds the numbers one after the other.
impl<'r, const N: usize> FromRow<'r> for Option<[f64; N]> {
    const KINDS: &'static [Kind] = &[Kind::Number; N];
    const NULLS: Nulls = Nulls::PerRow;
    const FIELDS: usize = 1;
    const WIDTH: Option<usize> = sum(&[Some(8 * N)]);

    #[inline]
    fn decode(fields: &mut impl RowFields<'r>) -> Result<Self> {
        if fields.count() != 1 {
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
    fn decode_widths(mut bytes: &'r [u8], _: &[Form]) -> Option<Self> {
        numbers(of_width(&mut bytes, 8 * N)?).map(Some)
    }

    #[inline(always)]
    fn decode_at(row: &'r [u8], starts: &[usize], forms: &[Form]) -> Option<Self> {
        let row = <[Option<f64>; N]>::decode_at(row, starts, forms)?;
        Some(Some(row.map(Option::unwrap_or_default)))
    }
}

/// The row has one field or `N`. One field holds the numbers as floats, one after the other.
impl<'r, const N: usize> FromRow<'r> for Option<[Number; N]> {
    const KINDS: &'static [Kind] = &[Kind::Exact; N];
    const NULLS: Nulls = Nulls::PerRow;
    const FIELDS: usize = 1;
    const WIDTH: Option<usize> = <Option<[f64; N]> as FromRow<'r>>::WIDTH;

    #[inline]
    fn decode(fields: &mut impl RowFields<'r>) -> Result<Self> {
        if fields.count() == 1 && N > 1 {
            let numbers = <Option<[f64; N]>>::decode(fields)?;
            return Ok(numbers.map(|numbers| numbers.map(Number::Float)));
        }
        let mut row = <[Option<Number>; N]>::decode(fields)?;
        let whole = row.iter().all(Option::is_some);
        Ok(whole.then(|| row.each_mut().map(|value| value.take().unwrap_or(Number::Integer(0)))))
    }

    #[inline(always)]
    fn decode_widths(bytes: &'r [u8], forms: &[Form]) -> Option<Self> {
        let numbers = <Option<[f64; N]>>::decode_widths(bytes, forms)?;
        Some(numbers.map(|numbers| numbers.map(Number::Float)))
    }

    #[inline(always)]
    fn decode_at(row: &'r [u8], starts: &[usize], forms: &[Form]) -> Option<Self> {
        let (starts, forms): (&[_; N], &[_; N]) = (starts.first_chunk()?, forms.first_chunk()?);
        // Numbers that are copied, because the compiler keeps those in registers.
        let mut numbers = [(Form::Float, 0); N];
        for ((number, start), form) in numbers.iter_mut().zip(starts).zip(forms) {
            let bits = value_at(row, *start, Form::Integer)?;
            *number = match form {
                Form::Plain | Form::Float => (Form::Float, bits),
                Form::Integer => (Form::Integer, bits),
                Form::Numeric => return None,
            };
        }
        Some(Some(numbers.map(|(form, bits): (Form, i64)| match form {
            Form::Integer => Number::Integer(bits),
            _ => Number::Float(f64::from_bits(bits as u64)),
        })))
    }
}

/// Returns `N` numbers; `None` if the number of bytes is not 8 `N`.
#[inline(always)]
fn numbers<const N: usize>(bytes: &[u8]) -> Option<[f64; N]> {
    let words: &[[u8; 8]; N] = bytes.as_chunks().0.try_into().ok()?;
    (bytes.len() == 8 * N).then(|| words.map(f64::from_be_bytes))
}

/// Removes the first field and returns its bytes; `None` if it is not `width` bytes wide.
#[inline(always)]
fn of_width<'r>(bytes: &mut &'r [u8], width: usize) -> Option<&'r [u8]> {
    let (length, field) = bytes.split_off(..4 + width)?.split_at(4);
    (length == (width as u32).to_be_bytes()).then_some(field)
}

/// Returns the value of the field that starts at `start`; `None` if it is NULL or of another kind.
#[inline(always)]
fn value_at<'r, V: Decode<'r>>(row: &'r [u8], start: usize, form: Form) -> Option<V> {
    let (length, rest) = row.get(start..)?.split_first_chunk()?;
    let length = u32::from_be_bytes(*length) as usize;
    let field = match V::WIDTH {
        // Known to the compiler, so that no length is computed with.
        Some(width) if width == length => rest.get(..width)?,
        Some(_) if form != Form::Numeric => return None,
        _ => rest.get(..length)?,
    };
    V::decode_as(form, field)
}

/// Returns the total bytes of fields of these widths, lengths included; `None` if a field has no
/// fixed width.
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
        impl<'r, $($value: Decode<'r>),+> FromRow<'r> for ($(Option<$value>,)+) {
            const KINDS: &'static [Kind] = &[$($value::KIND),+];
            const WIDTH: Option<usize> = sum(&[$($value::WIDTH),+]);

            #[inline]
            fn decode(fields: &mut impl RowFields<'r>) -> Result<Self> {
                fields.check_count(Self::KINDS.len())?;
                Ok(($(fields.value::<$value>()?,)+))
            }

            #[inline(always)]
            fn decode_widths(mut bytes: &'r [u8], mut forms: &[Form]) -> Option<Self> {
                Some(($({
                    let form = next_form(&mut forms);
                    Some($value::decode_as(form, of_width(&mut bytes, $value::WIDTH?)?)?)
                },)+))
            }

            #[inline(always)]
            fn decode_at(row: &'r [u8], starts: &[usize], forms: &[Form]) -> Option<Self> {
                let (mut starts, mut forms) = (starts.iter(), forms.iter());
                Some(($(Some(value_at::<$value>(row, *starts.next()?, *forms.next()?)?),)+))
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
