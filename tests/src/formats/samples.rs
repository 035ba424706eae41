//! Values of every type and its edges, as a source sends them, and what files have for them.

use pgfold_core::{
    Cell, Key, KeyKind, Number, Numeric, OutputColumn, RowBuffer, RowFields, ValueType,
};

/// A column of values.
pub struct Sample {
    /// The column.
    pub column: OutputColumn,
    /// Its values.
    pub values: Vec<Value>,
}

/// A value that is not NULL.
pub struct Value {
    /// As a source sends it.
    pub sent: Vec<u8>,
    /// As JSON.
    pub json: String,
    /// As a field of CSV.
    pub csv: String,
    /// As Parquet stores it; bytes that are no text are hexadecimal.
    pub stored: String,
}

fn value(sent: impl Into<Vec<u8>>, json: &str, csv: &str, stored: &str) -> Value {
    Value { sent: sent.into(), json: json.into(), csv: csv.into(), stored: stored.into() }
}

/// A value whose text is the same everywhere, but that JSON has in quotes.
fn quoted(sent: impl Into<Vec<u8>>, text: &str, stored: impl ToString) -> Value {
    value(sent, &format!("\"{text}\""), text, &stored.to_string())
}

fn integer(number: i64) -> Value {
    let text = number.to_string();
    value(number.to_be_bytes(), &text, &text, &text)
}

/// A number that is finite.
fn float(number: f64, text: &str, stored: &str) -> Value {
    value(number.to_be_bytes(), text, text, stored)
}

fn limits() -> [Value; 3] {
    [
        quoted(f64::NAN.to_be_bytes(), "NaN", "NaN"),
        quoted(f64::INFINITY.to_be_bytes(), "Infinity", "inf"),
        quoted(f64::NEG_INFINITY.to_be_bytes(), "-Infinity", "-inf"),
    ]
}

/// A decimal, as PostgreSQL prints it.
fn decimal(text: &str, json: &str, stored: &str) -> Value {
    value(numeric(text), json, text, stored)
}

/// Returns a decimal, NaN or an infinity in PostgreSQL's binary form.
pub fn numeric(text: &str) -> Vec<u8> {
    let number = match Numeric::parse(text) {
        Some(number) => Number::Numeric(number),
        None => Number::Float(text.parse().unwrap()),
    };
    let mut rows = RowBuffer::new(KeyKind::Unsent);
    rows.push_cells(&Key::Integer(0), [Cell::Numeric(number)]);
    let mut bytes = Vec::new();
    let take = |fields: &mut pgfold_core::Fields<'_>| {
        bytes = fields.field()?.unwrap_or_default().to_vec();
        Ok(())
    };
    rows.batch().for_each_row(1, take).unwrap();
    bytes
}

fn date(days: i32, text: &str, stored: i32) -> Value {
    quoted(days.to_be_bytes(), text, stored)
}

fn micros(micros: i64, text: &str, stored: i64) -> Value {
    quoted(micros.to_be_bytes(), text, stored)
}

fn text(text: &str, json: &str, csv: &str) -> Value {
    value(text, json, csv, text)
}

/// The microseconds from 1970-01-01 to 2000-01-01.
const EPOCH: i64 = 946_684_800_000_000;

const FIRST_INSTANT: i64 = -211_813_488_000_000_000;

/// The last instant whose microseconds since 1970-01-01 are less than infinity.
const LAST_INSTANT: i64 = i64::MAX - 1 - EPOCH;

/// Returns a sample of every type.
pub fn samples() -> Vec<Sample> {
    let sample = |name: &str, value_type, sql_type: &str, values: Vec<Value>| Sample {
        column: OutputColumn {
            name: name.to_owned(),
            value_type,
            sql_type: Some(sql_type.to_owned()).filter(|sql_type| !sql_type.is_empty()),
        },
        values,
    };
    let decimals = |precision, scale| ValueType::Numeric { precision, scale };
    let nines = "9".repeat(38);
    vec![
        sample(
            "boolean",
            ValueType::Boolean,
            "boolean",
            vec![value([1], "true", "true", "true"), value([0], "false", "false", "false")],
        ),
        sample(
            "smallint",
            ValueType::Smallint,
            "smallint",
            [0, i16::MIN, i16::MAX].map(|number| integer(number.into())).into(),
        ),
        sample(
            "integer",
            ValueType::Integer,
            "integer",
            [0, i32::MIN, i32::MAX].map(|number| integer(number.into())).into(),
        ),
        sample("bigint", ValueType::Bigint, "bigint", [0, i64::MIN, i64::MAX].map(integer).into()),
        sample(
            "real",
            ValueType::Real,
            "real",
            [
                float(1.1_f32.into(), "1.1", "1.1"),
                float(-0.0, "-0.0", "-0"),
                float(f32::MAX.into(), "3.4028235e+38", "340282350000000000000000000000000000000"),
                float(
                    f32::from_bits(1).into(),
                    "1e-45",
                    "0.000000000000000000000000000000000000000000001",
                ),
            ]
            .into_iter()
            .chain(limits())
            .collect(),
        ),
        sample(
            "double",
            ValueType::Double,
            "double precision",
            [
                float(0.1, "0.1", "0.1"),
                float(-0.0, "-0.0", "-0"),
                float(1e21, "1e+21", "1000000000000000000000"),
                float(0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
                float(1.5e300, "1.5e+300", &format!("15{}", "0".repeat(299))),
            ]
            .into_iter()
            .chain(limits())
            .collect(),
        ),
        sample(
            "small_decimal",
            decimals(9, 3),
            "numeric(9,3)",
            vec![
                decimal("0.000", "0.0", "0"),
                decimal("-0.001", "-0.001", "-1"),
                decimal("999999.999", "999999.999", "999999999"),
                decimal("-999999.999", "-999999.999", "-999999999"),
            ],
        ),
        sample(
            "decimal",
            decimals(18, 2),
            "numeric(18,2)",
            vec![
                decimal("-12.50", "-12.5", "-1250"),
                decimal("1000000.00", "1000000.0", "100000000"),
                // 15 digits are a number, more are a string.
                decimal("9999999999999.99", "9999999999999.99", "999999999999999"),
                decimal("9999999999999999.99", "\"9999999999999999.99\"", "999999999999999999"),
            ],
        ),
        sample(
            "large_decimal",
            decimals(38, 10),
            "numeric(38,10)",
            vec![
                decimal("0.0000000001", "1e-10", "00000000000000000000000000000001"),
                decimal("-0.0000000001", "-1e-10", "ffffffffffffffffffffffffffffffff"),
                decimal(
                    &format!("{}.{}", "9".repeat(28), "9".repeat(10)),
                    &format!("\"{}.{}\"", "9".repeat(28), "9".repeat(10)),
                    "4b3b4ca85a86c47a098a223fffffffff",
                ),
            ],
        ),
        sample(
            "whole_decimal",
            decimals(38, 0),
            "numeric(38,0)",
            vec![
                decimal(&nines, &format!("\"{nines}\""), "4b3b4ca85a86c47a098a223fffffffff"),
                decimal(
                    &format!("-{nines}"),
                    &format!("\"-{nines}\""),
                    "b4c4b357a5793b85f675ddc000000001",
                ),
                decimal("42", "42.0", "0000000000000000000000000000002a"),
            ],
        ),
        sample(
            "text",
            ValueType::Text,
            "text",
            vec![
                text("", r#""""#, r#""""#),
                text("Rome", r#""Rome""#, "Rome"),
                text(" a b ", r#"" a b ""#, " a b "),
                text("a \"b\", c", r#""a \"b\", c""#, r#""a ""b"", c""#),
                text("two\r\nlines\n", r#""two\r\nlines\n""#, "\"two\r\nlines\n\""),
                text("Grüße, 🦀", r#""Grüße, 🦀""#, r#""Grüße, 🦀""#),
                text("NULL", r#""NULL""#, "NULL"),
                text("\\.", r#""\\.""#, r#""\.""#),
                text("\u{1}\t\u{7f}", "\"\\u0001\\t\u{7f}\"", "\u{1}\t\u{7f}"),
            ],
        ),
        sample(
            "bytes",
            ValueType::Bytes,
            "bytea",
            vec![
                value([], r#""\\x""#, "\\x", ""),
                value([0, 15, 255], r#""\\x000fff""#, "\\x000fff", "000fff"),
            ],
        ),
        sample(
            "date",
            ValueType::Date,
            "date",
            vec![
                date(0, "2000-01-01", 10_957),
                date(-10_958, "1969-12-31", -1),
                date(-730_119, "0001-01-01", -719_162),
                date(-730_120, "+000000-12-31", -719_163),
                date(-2_451_545, "-004713-11-24", -2_440_588),
                date(2_145_031_948, "+5874897-12-31", 2_145_042_905),
                date(i32::MAX, "infinity", i32::MAX),
                date(i32::MIN, "-infinity", -i32::MAX),
            ],
        ),
        sample(
            "time",
            ValueType::Time,
            "time without time zone",
            vec![
                micros(0, "00:00:00", 0),
                micros(45_296_000_001, "12:34:56.000001", 45_296_000_001),
                micros(45_296_500_000, "12:34:56.5", 45_296_500_000),
                micros(86_399_999_999, "23:59:59.999999", 86_399_999_999),
                micros(86_400_000_000, "24:00:00", 86_400_000_000),
            ],
        ),
        sample("timestamp", ValueType::Timestamp, "timestamp without time zone", instants("")),
        sample("timestamptz", ValueType::Timestamptz, "timestamp with time zone", instants("Z")),
        sample(
            "uuid",
            ValueType::Uuid,
            "uuid",
            vec![
                quoted([0; 16], "00000000-0000-0000-0000-000000000000", "0".repeat(32)),
                quoted([0xff; 16], "ffffffff-ffff-ffff-ffff-ffffffffffff", "f".repeat(32)),
                quoted(
                    0x0192_f0c1_2f6e_7a52_9c1e_3d2f_0a4b_5c6d_u128.to_be_bytes(),
                    "0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d",
                    "0192f0c12f6e7a529c1e3d2f0a4b5c6d",
                ),
            ],
        ),
        sample(
            "json",
            ValueType::Json,
            "jsonb",
            vec![
                text("null", "null", "null"),
                text(r#""a\nb""#, r#""a\nb""#, r#""""a\nb""""#),
                text(
                    "{\"a\":\r\n [1e400, 12345678901234567890]}",
                    r#"{"a":   [1e400, 12345678901234567890]}"#,
                    "\"{\"\"a\"\":\r\n [1e400, 12345678901234567890]}\"",
                ),
            ],
        ),
        sample(
            "other",
            ValueType::Other,
            "",
            vec![
                text("{1,NULL}", r#""{1,NULL}""#, r#""{1,NULL}""#),
                text("[1,9)", r#""[1,9)""#, r#""[1,9)""#),
            ],
        ),
    ]
}

fn instants(zone: &str) -> Vec<Value> {
    let instant = |sent, text: &str| micros(sent, &format!("{text}{zone}"), sent + EPOCH);
    vec![
        instant(0, "2000-01-01T00:00:00"),
        instant(-1, "1999-12-31T23:59:59.999999"),
        instant(500_000, "2000-01-01T00:00:00.5"),
        instant(-63_082_281_600_000_000, "0001-01-01T00:00:00"),
        instant(-63_082_281_600_000_001, "+000000-12-31T23:59:59.999999"),
        instant(FIRST_INSTANT, "-004713-11-24T00:00:00"),
        instant(LAST_INSTANT, "+294247-01-10T04:00:54.775806"),
        micros(i64::MAX, "infinity", i64::MAX),
        micros(i64::MIN, "-infinity", -i64::MAX),
    ]
}
