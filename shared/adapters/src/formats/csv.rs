use std::mem;

use pgfold_core::{Encoder, Number, OutputColumn, Result, RowBatch, RowFields, instant_text};

use super::{
    append::{append, append_hex, append_json, limit},
    value::Value,
};

/// Comma-separated values with a header, as `COPY … WITH (FORMAT csv, HEADER)` of PostgreSQL writes
/// them: NULL is empty, an empty text is `""`, and lines end with a line feed.
///
/// So a row of one column that is NULL is an empty line, which some readers skip. Other than
/// PostgreSQL, booleans are `true` and `false`, and days and instants are as ISO 8601 has them.
pub(super) struct CsvFile {
    columns: Vec<OutputColumn>,
    bytes: Vec<u8>,
}

impl CsvFile {
    pub(super) fn new(columns: Vec<OutputColumn>) -> Self {
        let mut bytes = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            append_comma(&mut bytes, at);
            append_text(&mut bytes, &column.name);
        }
        bytes.push(b'\n');
        Self { columns, bytes }
    }
}

impl Encoder for CsvFile {
    fn add(&mut self, rows: RowBatch<'_>) -> Result<()> {
        rows.for_each_row(self.columns.len(), |fields| {
            for (at, column) in self.columns.iter().enumerate() {
                append_comma(&mut self.bytes, at);
                if let Some(field) = fields.field()? {
                    append_value(&mut self.bytes, &Value::read(column, field)?);
                }
            }
            self.bytes.push(b'\n');
            Ok(())
        })
    }

    fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.bytes)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>> {
        Ok(self.bytes)
    }
}

/// Appends the comma before a field, unless it is the first.
fn append_comma(bytes: &mut Vec<u8>, at: usize) {
    if at > 0 {
        bytes.push(b',');
    }
}

fn append_value(bytes: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Boolean(value) => append_json(bytes, value),
        Value::Integer(value) => append_json(bytes, value),
        Value::Real(value) => match limit((*value).into()) {
            None => append_json(bytes, value),
            Some(limit) => append(bytes, limit),
        },
        Value::Double(value) | Value::Numeric(Number::Float(value)) => match limit(*value) {
            None => append_json(bytes, value),
            Some(limit) => append(bytes, limit),
        },
        Value::Numeric(Number::Numeric(value)) => append(bytes, value),
        Value::Numeric(Number::Integer(value)) => append(bytes, value),
        Value::Text(value) | Value::Json(value) => append_text(bytes, value),
        Value::Bytes(value) => append_hex(bytes, value),
        Value::Date(value) => append(bytes, instant_text::date(*value)),
        Value::Time(value) => append(bytes, instant_text::time(*value)),
        Value::Timestamp(value) => append(bytes, instant_text::day_and_time(*value)),
        Value::Timestamptz(value) => append(bytes, instant_text::instant(*value)),
        Value::Uuid(value) => append(bytes, value),
    }
}

/// Appends a text, in quotes if it is empty, has what ends a field or a line, or is what ends the input
/// of `COPY`.
fn append_text(bytes: &mut Vec<u8>, text: &str) {
    let ends_a_field = |byte| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !text.is_empty() && !text.bytes().any(ends_a_field) && text != "\\." {
        bytes.extend_from_slice(text.as_bytes());
        return;
    }
    bytes.push(b'"');
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            bytes.extend_from_slice(b"\"\"");
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes.push(b'"');
}
