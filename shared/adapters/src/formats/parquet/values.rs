use pgfold_core::{Decode, ValueType, unscaled_numeric};

use super::{pieces::Pieces, schema::bytes_of_digits};

/// The days and the microseconds from 1970-01-01, from which Parquet counts, to 2000-01-01.
pub(super) const EPOCH_DAYS: i32 = 10_957;
pub(super) const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// The values of a column that are not NULL, as Parquet stores them.
#[derive(Debug)]
pub(super) enum Values {
    Boolean(Vec<bool>),
    Smallint(Vec<i32>),
    Integer(Vec<i32>),
    Bigint(Vec<i64>),
    Real(Vec<f32>),
    Double(Vec<f64>),
    Decimal32(Vec<i32>, Digits),
    Decimal64(Vec<i64>, Digits),
    /// Of so many bytes each.
    Decimal(Pieces, Digits, usize),
    Text(Pieces),
    Bytes(Pieces),
    Date(Vec<i32>),
    Time(Vec<i64>),
    Timestamp(Vec<i64>),
    Uuid(Pieces),
}

/// The digits of a decimal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits {
    precision: u8,
    scale: u8,
}

impl Values {
    /// Makes an empty column of a type.
    pub(super) fn of(value_type: &ValueType) -> Self {
        match *value_type {
            ValueType::Boolean => Self::Boolean(Vec::new()),
            ValueType::Smallint => Self::Smallint(Vec::new()),
            ValueType::Integer => Self::Integer(Vec::new()),
            ValueType::Bigint => Self::Bigint(Vec::new()),
            ValueType::Real => Self::Real(Vec::new()),
            ValueType::Double => Self::Double(Vec::new()),
            ValueType::Numeric { precision, scale } => {
                let digits = Digits { precision, scale };
                match precision {
                    ..=9 => Self::Decimal32(Vec::new(), digits),
                    10..=18 => Self::Decimal64(Vec::new(), digits),
                    _ => Self::Decimal(Pieces::default(), digits, bytes_of_digits(precision)),
                }
            }
            ValueType::Text | ValueType::Json | ValueType::Other => Self::Text(Pieces::default()),
            ValueType::Bytes => Self::Bytes(Pieces::default()),
            ValueType::Date => Self::Date(Vec::new()),
            ValueType::Time => Self::Time(Vec::new()),
            ValueType::Timestamp | ValueType::Timestamptz => Self::Timestamp(Vec::new()),
            ValueType::Uuid => Self::Uuid(Pieces::default()),
        }
    }

    /// Adds the value of a field. `None` if it is not in the form of its type, or Parquet cannot have
    /// it.
    #[inline]
    pub(super) fn push(&mut self, field: &[u8]) -> Option<()> {
        match self {
            Self::Boolean(values) => values.push(bool::decode(field)?),
            Self::Smallint(values) => {
                values.push(i16::try_from(i64::decode(field)?).ok()?.into());
            }
            Self::Integer(values) => values.push(i32::try_from(i64::decode(field)?).ok()?),
            Self::Bigint(values) | Self::Time(values) => values.push(i64::decode(field)?),
            Self::Real(values) => values.push(f64::decode(field)? as f32),
            Self::Double(values) => values.push(f64::decode(field)?),
            Self::Decimal32(values, digits) => values.push(digits.unscaled(field)? as i32),
            Self::Decimal64(values, digits) => values.push(digits.unscaled(field)? as i64),
            Self::Decimal(values, digits, bytes) => {
                values.push(&digits.unscaled(field)?.to_be_bytes()[16 - *bytes..]);
            }
            Self::Text(values) => values.push(<&str>::decode(field)?.as_bytes()),
            Self::Bytes(values) => values.push(field),
            Self::Date(values) => values.push(date(i32::from_be_bytes(field.try_into().ok()?))?),
            Self::Timestamp(values) => values.push(timestamp(i64::decode(field)?)?),
            Self::Uuid(values) => values.push(field.as_array::<16>()?),
        }
        Some(())
    }
}

impl Digits {
    fn unscaled(self, field: &[u8]) -> Option<i128> {
        unscaled_numeric(field, self.precision, self.scale)
    }
}

/// Returns the days since 1970-01-01. Infinity is the greatest number, and minus infinity is minus
/// that, as DuckDB has them; `None` if another date would be one of these.
fn date(days: i32) -> Option<i32> {
    match days {
        i32::MIN => Some(-i32::MAX),
        i32::MAX => Some(i32::MAX),
        _ => days.checked_add(EPOCH_DAYS).filter(|days| days.unsigned_abs() < i32::MAX as u32),
    }
}

/// Returns the microseconds since 1970-01-01, as [`date`] returns days.
fn timestamp(micros: i64) -> Option<i64> {
    match micros {
        i64::MIN => Some(-i64::MAX),
        i64::MAX => Some(i64::MAX),
        _ => {
            let micros = micros.checked_add(EPOCH_MICROS);
            micros.filter(|micros| micros.unsigned_abs() < i64::MAX as u64)
        }
    }
}
