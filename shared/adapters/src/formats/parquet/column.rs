use bytes::Bytes;
use parquet::{
    data_type::{
        BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType,
        Int32Type, Int64Type,
    },
    errors::Result,
    file::writer::SerializedColumnWriter,
};
use pgfold_core::{Decode, Error, Form, Number, OutputColumn, ValueType, instant_text};

use super::{dictionary, pieces::Pieces, values::Values};
use crate::formats::{append::limit, value::not_of_its_type};

/// The rows that are written at a time.
const AT_A_TIME: usize = 4096;

/// The levels of rows without NULL.
const VALUES: [i16; AT_A_TIME] = [1; AT_A_TIME];

/// A column of the rows that are not written yet.
#[derive(Debug)]
pub(super) struct Column {
    of: OutputColumn,
    values: Values,
    /// 0 for each row that is NULL and 1 for each other; empty as long as no row is NULL.
    levels: Vec<i16>,
}

impl Column {
    pub(super) fn new(of: OutputColumn) -> Self {
        Self { values: Values::of(&of.value_type), of, levels: Vec::new() }
    }

    /// Adds the field of a row, after `rows` rows.
    #[inline]
    pub(super) fn push(&mut self, field: Option<&[u8]>, rows: usize) -> pgfold_core::Result<()> {
        match field {
            Some(field) => {
                if !self.levels.is_empty() {
                    self.levels.push(1);
                }
                self.values.push(field).ok_or_else(|| refusal(&self.of, field))
            }
            None => {
                if self.levels.is_empty() {
                    self.levels.resize(rows, 1);
                }
                self.levels.push(0);
                Ok(())
            }
        }
    }

    /// Returns the column's name.
    pub(super) fn name(&self) -> &str {
        &self.of.name
    }

    /// Returns whether a dictionary of the values pays.
    pub(super) fn wants_dictionary(&self) -> bool {
        dictionary::pays(&self.values)
    }

    /// Writes the `rows` rows, and forgets them.
    pub(super) fn write(
        &mut self,
        writer: &mut SerializedColumnWriter<'_>,
        rows: usize,
    ) -> Result<()> {
        let levels = &self.levels;
        match &mut self.values {
            Values::Boolean(values) => write_all::<BoolType>(writer, values, levels, rows),
            Values::Smallint(values)
            | Values::Integer(values)
            | Values::Date(values)
            | Values::Decimal32(values, _) => write_all::<Int32Type>(writer, values, levels, rows),
            Values::Bigint(values)
            | Values::Time(values)
            | Values::Timestamp(values)
            | Values::Decimal64(values, _) => write_all::<Int64Type>(writer, values, levels, rows),
            Values::Real(values) => write_all::<FloatType>(writer, values, levels, rows),
            Values::Double(values) => write_all::<DoubleType>(writer, values, levels, rows),
            Values::Text(values) | Values::Bytes(values) => {
                write_pieces::<ByteArrayType>(writer, values, levels, rows, ByteArray::from)
            }
            Values::Uuid(values) | Values::Decimal(values, ..) => {
                let of_fixed_length = |bytes| ByteArray::from(bytes).into();
                write_pieces::<FixedLenByteArrayType>(writer, values, levels, rows, of_fixed_length)
            }
        }?;
        self.levels.clear();
        Ok(())
    }
}

/// Writes values, and forgets them.
fn write_all<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    levels: &[i16],
    rows: usize,
) -> Result<()> {
    let mut left = values.as_slice();
    for (levels, present) in at_a_time(levels, rows) {
        let (now, later) = left.split_at(present);
        writer.typed::<T>().write_batch(now, Some(levels), None)?;
        left = later;
    }
    values.clear();
    Ok(())
}

/// Writes byte strings, and forgets them.
fn write_pieces<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &mut Pieces,
    levels: &[i16],
    rows: usize,
    value: impl Fn(Bytes) -> T::T,
) -> Result<()> {
    let mut all = values.take();
    let mut now = Vec::new();
    for (levels, present) in at_a_time(levels, rows) {
        now.clear();
        now.extend(all.by_ref().take(present).map(&value));
        writer.typed::<T>().write_batch(&now, Some(levels), None)?;
    }
    Ok(())
}

/// Returns the levels of all rows, some rows at a time, and how many of these rows are not NULL.
fn at_a_time(levels: &[i16], rows: usize) -> impl Iterator<Item = (&[i16], usize)> {
    (0..rows).step_by(AT_A_TIME).map(move |start| {
        let end = rows.min(start + AT_A_TIME);
        match levels.get(start..end) {
            Some(levels) => (levels, levels.iter().filter(|level| **level == 1).count()),
            None => (&VALUES[..end - start], end - start),
        }
    })
}

/// Makes the error of a field that was not added.
#[cold]
fn refusal(column: &OutputColumn, field: &[u8]) -> Error {
    let name = &column.name;
    let (value, limit) = match &column.value_type {
        ValueType::Numeric { precision, scale } => match Number::decode_as(Form::Numeric, field) {
            Some(Number::Float(value)) => (
                limit(value).unwrap_or_default().to_owned(),
                "a decimal of Parquet is finite".to_owned(),
            ),
            Some(Number::Numeric(value)) => {
                let digits =
                    format!("it can have {precision} digits, {scale} of them after the point");
                (value.to_string(), digits)
            }
            _ => return not_of_its_type(column, field),
        },
        ValueType::Timestamp | ValueType::Timestamptz => match i64::decode(field) {
            Some(micros) => {
                let last = "the last instant of Parquet is in the year 294247".to_owned();
                (instant_text::day_and_time(micros).to_string(), last)
            }
            None => return not_of_its_type(column, field),
        },
        _ => return not_of_its_type(column, field),
    };
    Error::Misconfigured(format!(
        "the column {name:?} has the value {value} in a row, and {limit}; ask for jsonl or csv, filter \
         these rows, or name an expression in the catalogue that is never so"
    ))
}
