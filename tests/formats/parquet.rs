//! Files of Parquet, as its own library reads them.

use bytes::Bytes;
use parquet::{
    basic::Type,
    column::reader::ColumnReader,
    file::reader::{FileReader, SerializedFileReader},
};
use pgfold_adapters::FileFormats;
use pgfold_core::{
    Encoders, Error, Format, Key, KeyKind, Output, OutputColumn, RowBuffer, ValueType,
};
use pgfold_tests::formats::{file, file_of_all, numeric, samples};

fn open(bytes: Vec<u8>) -> SerializedFileReader<Bytes> {
    SerializedFileReader::new(Bytes::from(bytes)).unwrap()
}

/// Returns the values of a column as texts, those of each row group after one another.
fn stored(file: &SerializedFileReader<Bytes>, column: usize) -> Vec<Option<String>> {
    let mut all = Vec::new();
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).unwrap();
        let rows = group.metadata().num_rows() as usize;
        macro_rules! read {
            ($reader:expr, $text:expr) => {{
                let (mut values, mut levels) = (Vec::new(), Vec::new());
                let read =
                    $reader.read_records(rows, Some(&mut levels), None, &mut values).unwrap();
                assert_eq!((read.0, levels.len()), (rows, rows));
                let mut values = values.iter().map($text);
                all.extend(
                    levels.iter().map(|level| (*level == 1).then(|| values.next().unwrap())),
                );
                assert!(values.next().is_none());
            }};
        }
        match group.get_column_reader(column).unwrap() {
            ColumnReader::BoolColumnReader(mut reader) => read!(reader, bool::to_string),
            ColumnReader::Int32ColumnReader(mut reader) => read!(reader, i32::to_string),
            ColumnReader::Int64ColumnReader(mut reader) => read!(reader, i64::to_string),
            ColumnReader::FloatColumnReader(mut reader) => read!(reader, f32::to_string),
            ColumnReader::DoubleColumnReader(mut reader) => read!(reader, f64::to_string),
            ColumnReader::ByteArrayColumnReader(mut reader) => {
                let is_text = group.metadata().column(column).column_descr().logical_type_ref();
                let is_text = is_text.is_some();
                read!(reader, |bytes| match is_text {
                    true => String::from_utf8(bytes.data().to_vec()).unwrap(),
                    false => hex(bytes.data()),
                });
            }
            ColumnReader::FixedLenByteArrayColumnReader(mut reader) => {
                read!(reader, |bytes| hex(bytes.data()));
            }
            ColumnReader::Int96ColumnReader(_) => panic!("no column is of 96 bits"),
        }
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn values_of_every_type_are_stored_as_they_are() {
    let samples = samples();
    let file = open(file_of_all(Format::Parquet, &samples));
    assert_eq!(file.metadata().file_metadata().num_rows(), 10);
    for (at, sample) in samples.iter().enumerate() {
        let values = sample.values.iter().map(|value| Some(value.stored.clone()));
        let expected: Vec<_> = values.chain(std::iter::repeat(None)).take(10).collect();
        assert_eq!(stored(&file, at), expected, "{}", sample.column.name);
    }
}

#[test]
fn columns_are_of_their_types() {
    let file = open(file_of_all(Format::Parquet, &samples()));
    let schema = file.metadata().file_metadata().schema_descr();
    let types: Vec<String> = schema
        .columns()
        .iter()
        .map(|column| {
            assert_eq!(column.max_def_level(), 1);
            let logical = column.logical_type_ref().map(|logical| format!(" {logical:?}"));
            let length = match column.physical_type() {
                Type::FIXED_LEN_BYTE_ARRAY => format!("({})", column.type_length()),
                _ => String::new(),
            };
            let logical = logical.unwrap_or_default();
            format!("{}: {}{length}{logical}", column.name(), column.physical_type())
        })
        .collect();
    let expected = [
        "boolean: BOOLEAN",
        "smallint: INT32 Integer(IntType { bit_width: 16, is_signed: true })",
        "integer: INT32 Integer(IntType { bit_width: 32, is_signed: true })",
        "bigint: INT64 Integer(IntType { bit_width: 64, is_signed: true })",
        "real: FLOAT",
        "double: DOUBLE",
        "small_decimal: INT32 Decimal(DecimalType { scale: 3, precision: 9 })",
        "decimal: INT64 Decimal(DecimalType { scale: 2, precision: 18 })",
        "large_decimal: FIXED_LEN_BYTE_ARRAY(16) Decimal(DecimalType { scale: 10, precision: 38 })",
        "whole_decimal: FIXED_LEN_BYTE_ARRAY(16) Decimal(DecimalType { scale: 0, precision: 38 })",
        "text: BYTE_ARRAY String",
        "bytes: BYTE_ARRAY",
        "date: INT32 Date",
        "time: INT64 Time(TimestampType { is_adjusted_to_u_t_c: false, unit: MICROS })",
        "timestamp: INT64 Timestamp(TimestampType { is_adjusted_to_u_t_c: false, unit: MICROS })",
        "timestamptz: INT64 Timestamp(TimestampType { is_adjusted_to_u_t_c: true, unit: MICROS })",
        "uuid: FIXED_LEN_BYTE_ARRAY(16) Uuid",
        "json: BYTE_ARRAY Json",
        "other: BYTE_ARRAY String",
    ];
    assert_eq!(types, expected);
}

#[test]
fn the_file_names_the_sql_types_of_its_columns() {
    let samples: Vec<_> = samples()
        .into_iter()
        .filter(|sample| ["decimal", "json", "other"].contains(&sample.column.name.as_str()))
        .collect();
    let file = open(file_of_all(Format::Parquet, &samples));
    let metadata = file.metadata().file_metadata();
    let pairs = metadata.key_value_metadata().unwrap();
    let [pair] = &pairs[..] else { panic!("{pairs:?}") };
    assert_eq!(pair.key, "pgfold");
    let types = r#"{"columns":{"decimal":"numeric(18,2)","json":"jsonb"}}"#;
    assert_eq!(pair.value.as_deref(), Some(types));
    assert_eq!(metadata.created_by(), Some("pgfold version 0.1.0"));
}

#[test]
fn a_file_without_rows_has_its_columns() {
    let columns: Vec<_> = samples().into_iter().map(|sample| sample.column).collect();
    let count = columns.len();
    let file = open(file(Format::Parquet, columns, []).unwrap());
    assert_eq!(file.num_row_groups(), 0);
    assert_eq!(file.metadata().file_metadata().schema_descr().num_columns(), count);
}

fn column(name: &str, value_type: ValueType) -> OutputColumn {
    OutputColumn { name: name.to_owned(), value_type, sql_type: None }
}

/// Returns the error of a value that Parquet cannot have.
fn refusal(value_type: ValueType, sent: &[u8]) -> String {
    let written = file(Format::Parquet, vec![column("price", value_type)], [vec![Some(sent)]]);
    match written {
        Err(Error::Misconfigured(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_that_parquet_cannot_have_is_named_with_its_column() {
    let decimal = ValueType::Numeric { precision: 5, scale: 2 };
    let advice = "; ask for jsonl or csv, filter these rows, or name an expression in the catalogue \
                  that is never so";
    for (sent, said) in [
        ("NaN", "NaN in a row, and a decimal of Parquet is finite"),
        ("-inf", "-Infinity in a row, and a decimal of Parquet is finite"),
        ("1000", "1000 in a row, and it can have 5 digits, 2 of them after the point"),
        ("0.001", "0.001 in a row, and it can have 5 digits, 2 of them after the point"),
    ] {
        let expected = format!("the column \"price\" has the value {said}{advice}");
        assert_eq!(refusal(decimal.clone(), &numeric(sent)), expected);
    }
    // The last microsecond of PostgreSQL.
    let last = 9_223_371_331_199_999_999_i64.to_be_bytes();
    for value_type in [ValueType::Timestamp, ValueType::Timestamptz] {
        let refusal = refusal(value_type, &last);
        assert!(
            refusal.contains(" has the value +294276-12-31T23:59:59.999999 in a row, "),
            "{refusal}"
        );
    }
}

#[test]
fn numbers_beyond_their_type_are_corrupt() {
    for (value_type, number) in [
        (ValueType::Smallint, i64::from(i16::MAX) + 1),
        (ValueType::Integer, i64::from(i32::MIN) - 1),
    ] {
        let columns = vec![column("n", value_type)];
        let written = file(Format::Parquet, columns, [vec![Some(&number.to_be_bytes()[..])]]);
        assert!(matches!(written, Err(Error::Corrupt { .. })), "{written:?}");
    }
}

/// Rows of a number that counts, one of few texts, and NULL now and then; and their file.
fn long(rows: usize, text: impl Fn(usize) -> String) -> (Vec<Option<String>>, Vec<u8>) {
    let columns = vec![column("n", ValueType::Bigint), column("t", ValueType::Text)];
    let mut encoder = FileFormats.begin(&Output { format: Format::Parquet, columns }).unwrap();
    let (mut texts, mut bytes, mut largest) = (Vec::new(), Vec::new(), 0);
    let mut buffer = RowBuffer::new(KeyKind::Unsent);
    for at in 0..rows {
        let text = (at % 5 != 3 || at < 5000).then(|| text(at));
        let number = (at as i64).to_be_bytes();
        buffer.push([Some(&number[..]), text.as_deref().map(str::as_bytes)]);
        texts.push(text);
        if buffer.is_full() || at + 1 == rows {
            encoder.add(buffer.batch()).unwrap();
            buffer.clear();
            let taken = encoder.take();
            largest = largest.max(taken.len());
            bytes.extend(taken);
        }
    }
    let end = encoder.finish().unwrap();
    assert!(largest.max(end.len()) < 48_000_000, "{largest} {}", end.len());
    bytes.extend(end);
    (texts, bytes)
}

#[test]
fn row_groups_have_so_many_rows_and_a_dictionary_of_texts_that_repeat() {
    let (texts, bytes) = long(300_000, |at| format!("city {}", at % 100));
    let file = open(bytes);
    let groups = file.metadata().row_groups();
    let rows: Vec<_> = groups.iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [122_880, 122_880, 54_240]);
    let numbers = stored(&file, 0).into_iter().map(|number| number.unwrap());
    assert!(numbers.eq((0..300_000).map(|at| at.to_string())));
    assert!(stored(&file, 1) == texts);
    for group in groups {
        assert!(group.column(0).dictionary_page_offset().is_none());
        assert!(group.column(1).dictionary_page_offset().is_some());
    }
    let statistics = groups[1].column(0).statistics().unwrap();
    assert_eq!(statistics.min_bytes_opt(), Some(&122_880_i64.to_le_bytes()[..]));
    assert_eq!(statistics.max_bytes_opt(), Some(&245_759_i64.to_le_bytes()[..]));
    assert_eq!(statistics.null_count_opt(), Some(0));
}

#[test]
fn row_groups_of_long_texts_are_small() {
    let (texts, bytes) = long(1000, |at| format!("{at} ").repeat(30_000));
    let file = open(bytes);
    assert!((4..10).contains(&file.num_row_groups()), "{}", file.num_row_groups());
    assert!(stored(&file, 1) == texts);
}

#[test]
fn rows_come_with_keys_of_any_kind_or_without() {
    let written = |keys| {
        let columns = vec![column("n", ValueType::Bigint)];
        let mut encoder = FileFormats.begin(&Output { format: Format::Parquet, columns }).unwrap();
        let mut rows = RowBuffer::new(keys);
        for number in [7_i64, 8] {
            let key = match keys {
                KeyKind::Text => Key::Text("k".to_owned()),
                _ => Key::Integer(1),
            };
            rows.push_cells(&key, [pgfold_core::Cell::Integer(number)]);
        }
        encoder.add(rows.batch()).unwrap();
        stored(&open(encoder.finish().unwrap()), 0)
    };
    for keys in [KeyKind::Integer, KeyKind::Text, KeyKind::Unsent] {
        assert_eq!(written(keys), [Some("7".to_owned()), Some("8".to_owned())], "{keys:?}");
    }
}
