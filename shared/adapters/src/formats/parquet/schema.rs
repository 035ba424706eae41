use std::sync::Arc;

use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    errors::Result,
    file::metadata::KeyValue,
    schema::types::{Type, TypePtr},
};
use pgfold_core::{OutputColumn, ValueType};
use serde_json::{Map, Value, json};

/// Returns the schema of a file with these columns. Any value may be NULL.
pub(super) fn schema(columns: &[OutputColumn]) -> Result<TypePtr> {
    let fields = columns.iter().map(|column| field(column).map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?))
}

fn field(column: &OutputColumn) -> Result<Type> {
    let integer = |bits| LogicalType::integer(bits, true);
    let instant = |in_utc| LogicalType::timestamp(in_utc, TimeUnit::MICROS);
    let (physical, logical) = match &column.value_type {
        ValueType::Boolean => (Physical::BOOLEAN, None),
        ValueType::Smallint => (Physical::INT32, Some(integer(16))),
        ValueType::Integer => (Physical::INT32, Some(integer(32))),
        ValueType::Bigint => (Physical::INT64, Some(integer(64))),
        ValueType::Real => (Physical::FLOAT, None),
        ValueType::Double => (Physical::DOUBLE, None),
        ValueType::Numeric { precision, scale } => {
            let logical = LogicalType::decimal((*scale).into(), (*precision).into());
            let physical = match *precision {
                ..=9 => Physical::INT32,
                10..=18 => Physical::INT64,
                _ => Physical::FIXED_LEN_BYTE_ARRAY,
            };
            (physical, Some(logical))
        }
        ValueType::Text | ValueType::Other => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ValueType::Bytes => (Physical::BYTE_ARRAY, None),
        ValueType::Date => (Physical::INT32, Some(LogicalType::Date)),
        ValueType::Time => (Physical::INT64, Some(LogicalType::time(false, TimeUnit::MICROS))),
        ValueType::Timestamp => (Physical::INT64, Some(instant(false))),
        ValueType::Timestamptz => (Physical::INT64, Some(instant(true))),
        ValueType::Uuid => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)),
        ValueType::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
    };
    let builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    match column.value_type {
        ValueType::Numeric { precision, scale } => builder
            .with_precision(precision.into())
            .with_scale(scale.into())
            .with_length(bytes_of_digits(precision) as i32)
            .build(),
        ValueType::Uuid => builder.with_length(16).build(),
        _ => builder.build(),
    }
}

/// Returns the fewest bytes of a signed number of so many digits, at most 38.
pub(super) fn bytes_of_digits(digits: u8) -> usize {
    let greatest = 10_u128.pow(digits.into()) - 1;
    // One bit more, for the sign.
    (greatest.ilog2() as usize + 2).div_ceil(8)
}

/// Returns what the file says beside its schema: `{"columns": {"a": "jsonb"}}`, the SQL type of each
/// column that has one.
pub(super) fn sql_types(columns: &[OutputColumn]) -> KeyValue {
    let named =
        |column: &OutputColumn| Some((column.name.clone(), column.sql_type.clone()?.into()));
    let columns: Map<String, Value> = columns.iter().filter_map(named).collect();
    KeyValue::new("pgfold".to_owned(), json!({ "columns": columns }).to_string())
}

#[test]
fn decimals_have_as_few_bytes_as_their_digits_need() {
    let bytes = [1, 2, 4, 9, 10, 18, 19, 21, 22, 28, 29, 37, 38].map(bytes_of_digits);
    assert_eq!(bytes, [1, 1, 2, 4, 5, 8, 9, 9, 10, 12, 13, 16, 16]);
}
