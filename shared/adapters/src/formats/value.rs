use pgfold_core::{Decode, Error, Form, Number, OutputColumn, Result, ValueType};
use uuid::Uuid;

/// A value of a column that is not NULL, as formats of text write it.
#[derive(Debug)]
pub(super) enum Value<'r> {
    Boolean(bool),
    Integer(i64),
    Real(f32),
    Double(f64),
    Numeric(Number),
    Text(&'r str),
    Bytes(&'r [u8]),
    Date(i32),
    Time(i64),
    Timestamp(i64),
    Timestamptz(i64),
    Uuid(Uuid),
    Json(&'r str),
}

impl<'r> Value<'r> {
    /// Reads a field of a column.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is not in the form of the column's type.
    pub(super) fn read(column: &OutputColumn, field: &'r [u8]) -> Result<Self> {
        Self::decode(&column.value_type, field).ok_or_else(|| not_of_its_type(column, field))
    }

    fn decode(value_type: &ValueType, field: &'r [u8]) -> Option<Self> {
        Some(match value_type {
            ValueType::Boolean => Self::Boolean(bool::decode(field)?),
            ValueType::Smallint | ValueType::Integer | ValueType::Bigint => {
                Self::Integer(i64::decode(field)?)
            }
            ValueType::Real => Self::Real(f64::decode(field)? as f32),
            ValueType::Double => Self::Double(f64::decode(field)?),
            ValueType::Numeric { .. } => Self::Numeric(Number::decode_as(Form::Numeric, field)?),
            ValueType::Text | ValueType::Other => Self::Text(<&str>::decode(field)?),
            ValueType::Bytes => Self::Bytes(field),
            ValueType::Date => Self::Date(i32::from_be_bytes(field.try_into().ok()?)),
            ValueType::Time => Self::Time(i64::decode(field)?),
            ValueType::Timestamp => Self::Timestamp(i64::decode(field)?),
            ValueType::Timestamptz => Self::Timestamptz(i64::decode(field)?),
            ValueType::Uuid => Self::Uuid(Uuid::decode(field)?),
            ValueType::Json => Self::Json(<&str>::decode(field)?),
        })
    }
}

/// Makes the error of a field that is not in the form of its column's type.
#[cold]
pub(super) fn not_of_its_type(column: &OutputColumn, field: &[u8]) -> Error {
    Error::corrupt(
        format!("the column {:?} of a row", column.name),
        format!("{} bytes that are no {:?}", field.len(), column.value_type),
    )
}
