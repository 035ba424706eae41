use std::mem;

use pgfold_core::{Encoder, Number, OutputColumn, Result, RowBatch, RowFields, instant_text};

use super::{
    append::{append, append_hex, append_json, limit},
    value::Value,
};

/// A JSON object a line, with its keys in the order of the columns.
///
/// A number is a JSON number if readers keep it: an integer; a double; a decimal of at most 15 digits.
/// Any other decimal, NaN and the infinities are strings. Days, times and instants are strings of ISO
/// 8601, `infinity` or `-infinity`; bytes are strings as PostgreSQL writes them, `\x00ff`. JSON is
/// embedded as it is, so that JSON's `null` looks like SQL's NULL.
pub(super) struct JsonlFile {
    columns: Vec<Column>,
    bytes: Vec<u8>,
}

struct Column {
    /// What is written before its value: `{"a":` or `,"b":`.
    before: Vec<u8>,
    of: OutputColumn,
}

impl JsonlFile {
    pub(super) fn new(columns: Vec<OutputColumn>) -> Self {
        let opening = std::iter::once(b'{').chain(std::iter::repeat(b','));
        let column = |(of, opening): (OutputColumn, u8)| {
            let mut before = vec![opening];
            append_json(&mut before, &of.name);
            before.push(b':');
            Column { before, of }
        };
        Self { columns: columns.into_iter().zip(opening).map(column).collect(), bytes: Vec::new() }
    }
}

impl Encoder for JsonlFile {
    fn add(&mut self, rows: RowBatch<'_>) -> Result<()> {
        rows.for_each_row(self.columns.len(), |fields| {
            for column in &self.columns {
                self.bytes.extend_from_slice(&column.before);
                match fields.field()? {
                    None => self.bytes.extend_from_slice(b"null"),
                    Some(field) => append_value(&mut self.bytes, &Value::read(&column.of, field)?),
                }
            }
            self.bytes.extend_from_slice(b"}\n");
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

fn append_value(bytes: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Boolean(value) => append_json(bytes, value),
        Value::Integer(value) => append_json(bytes, value),
        Value::Real(value) => match limit((*value).into()) {
            None => append_json(bytes, value),
            Some(limit) => append_quoted(bytes, limit),
        },
        Value::Double(value) | Value::Numeric(Number::Float(value)) => match limit(*value) {
            None => append_json(bytes, value),
            Some(limit) => append_quoted(bytes, limit),
        },
        Value::Numeric(value) => append_json(bytes, &value.to_json()),
        Value::Text(value) => append_json(bytes, *value),
        Value::Bytes(value) => {
            // The backslash is escaped.
            bytes.extend_from_slice(b"\"\\");
            append_hex(bytes, value);
            bytes.push(b'"');
        }
        Value::Date(value) => append_quoted(bytes, instant_text::date(*value)),
        Value::Time(value) => append_quoted(bytes, instant_text::time(*value)),
        Value::Timestamp(value) => append_quoted(bytes, instant_text::day_and_time(*value)),
        Value::Timestamptz(value) => append_quoted(bytes, instant_text::instant(*value)),
        Value::Uuid(value) => append_quoted(bytes, value),
        // A line is an object, and ends of lines are no more than spaces in JSON.
        Value::Json(value) => bytes.extend(value.bytes().map(|byte| match byte {
            b'\n' | b'\r' => b' ',
            _ => byte,
        })),
    }
}

/// Appends a text in which nothing has to be escaped.
fn append_quoted(bytes: &mut Vec<u8>, text: impl std::fmt::Display) {
    bytes.push(b'"');
    append(bytes, text);
    bytes.push(b'"');
}
