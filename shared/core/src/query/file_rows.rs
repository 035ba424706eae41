use serde_json::Value;

use super::{
    Answer, Group, GroupType, GroupValue, OpenQuery,
    file_columns::{FileColumn, From},
};
use crate::{
    error::{Error, Result},
    output::OutputColumn,
    rows::{Cell, KeyKind, Number, Numeric, RowBatch, RowBuffer, ValueType},
};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The groups of a query's answer as rows of files, in the form in which sources send rows.
pub(crate) struct FileRows<'q> {
    columns: Vec<FileColumn>,
    /// The names of the kernels' answers.
    names: Vec<&'q str>,
    rows: RowBuffer,
}

impl<'q> FileRows<'q> {
    /// Starts without rows. `read` are the columns that the query reads.
    pub(crate) fn new(
        open: &'q OpenQuery<'q>,
        group_types: &[GroupType],
        read: &[OutputColumn],
    ) -> Self {
        Self {
            columns: open.columns_of_files(group_types, read),
            names: open.query.compute.iter().map(|(name, _)| name).collect(),
            rows: RowBuffer::new(KeyKind::Unsent),
        }
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if an answer has a value of another type than its kernel states.
    pub(crate) fn push(&mut self, Group { values, rows, answers }: &Group) -> Result<()> {
        self.push_row(values, *rows, |kernel| answers.get(kernel))
    }

    /// Adds the answer over rows that make no groups: of the only kernel, or of several by their names.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub(crate) fn push_answer(&mut self, answer: &Answer, is_of_one: bool) -> Result<()> {
        let names = self.names.clone();
        self.push_row(&[], 0, |kernel| match is_of_one {
            true => Some(&answer.answer),
            false => answer.answer.get(names.get(kernel)?),
        })
    }

    fn push_row<'v>(
        &mut self,
        values: &[GroupValue],
        rows: u64,
        answer: impl Fn(usize) -> Option<&'v Value>,
    ) -> Result<()> {
        let mut row = Vec::with_capacity(self.columns.len());
        for FileColumn { column, from } in &self.columns {
            row.push(match from {
                From::Row => None,
                From::Group(at) => values.get(*at).and_then(field_of_group),
                From::Rows => Some(bytes_of(rows as i64)),
                From::Answer(kernel, field) => {
                    let value = answer(*kernel).and_then(|answer| answer.get(field));
                    field_of_answer(value.unwrap_or(&Value::Null), column)?
                }
            });
        }
        self.rows.push(row.iter().map(Option::as_deref));
        Ok(())
    }

    /// Returns whether the rows should be written before another is added.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.is_full()
    }

    /// Returns the rows.
    pub(crate) fn batch(&self) -> RowBatch<'_> {
        self.rows.batch()
    }

    /// Removes all rows.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }
}

fn bytes_of(number: i64) -> Vec<u8> {
    number.to_be_bytes().into()
}

/// Returns the field of a group's value; `None` for NULL.
fn field_of_group(value: &GroupValue) -> Option<Vec<u8>> {
    Some(match value {
        GroupValue::Null => return None,
        GroupValue::Boolean(value) => vec![u8::from(*value)],
        GroupValue::Integer(value) => bytes_of(*value),
        GroupValue::Numeric(_) => text(&value.to_json()).into_bytes(),
        GroupValue::Text(value) => value.clone().into_bytes(),
        GroupValue::Date(i64::MAX) => i32::MAX.to_be_bytes().into(),
        GroupValue::Date(i64::MIN) => i32::MIN.to_be_bytes().into(),
        // PostgreSQL's days fit.
        GroupValue::Date(micros) => (micros.div_euclid(MICROS_PER_DAY) as i32).to_be_bytes().into(),
        GroupValue::Timestamp(micros) | GroupValue::TimestampTz(micros) => bytes_of(*micros),
        GroupValue::Uuid(value) => value.as_bytes().into(),
    })
}

/// Returns the field of a value of a kernel's answer; `None` for NULL.
fn field_of_answer(value: &Value, column: &OutputColumn) -> Result<Option<Vec<u8>>> {
    let bytes = match (&column.value_type, value) {
        (_, Value::Null) => return Ok(None),
        (ValueType::Bigint, value) => value.as_i64().map(bytes_of),
        (ValueType::Double, value) => {
            let double = match value {
                Value::String(text) => text.parse().ok(),
                value => value.as_f64(),
            };
            double.map(|double: f64| double.to_be_bytes().into())
        }
        (ValueType::Boolean, value) => value.as_bool().map(|value| vec![u8::from(value)]),
        (ValueType::Numeric { .. }, value) => Numeric::parse(&text(value))
            .and_then(|digits| Cell::Numeric(Number::Numeric(digits)).bytes()),
        (ValueType::Json, value) => Some(value.to_string().into_bytes()),
        (_, value) => Some(text(value).into_bytes()),
    };
    match bytes {
        Some(bytes) => Ok(Some(bytes)),
        None => {
            let OutputColumn { name, value_type, .. } = column;
            Err(Error::corrupt(
                format!("column {name:?} of a file"),
                format!("no {value_type:?}: {value}"),
            ))
        }
    }
}

/// Returns a value as text: a text as it is, and a number by its digits, without an exponent.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), |double| double.to_string())
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_number(number: Value) -> Option<Vec<u8>> {
        let value_type = ValueType::Numeric { precision: 38, scale: 10 };
        let column = OutputColumn { name: "n".to_owned(), value_type, sql_type: None };
        field_of_answer(&number, &column).unwrap()
    }

    #[test]
    fn numbers_have_no_exponent() {
        for (number, digits) in [
            (json!(0.00001), "0.00001"),
            (json!(1e16), "10000000000000000"),
            (json!(2e19), "20000000000000000000"),
            (json!(-1.5e-7), "-0.00000015"),
            (json!(10.0), "10"),
            (json!(7), "7"),
            (json!("12345678901234567890.5"), "12345678901234567890.5"),
        ] {
            assert_eq!(text(&number), digits);
            let numeric = Cell::Numeric(Number::Numeric(Numeric::parse(digits).unwrap()));
            assert_eq!(of_number(number), numeric.bytes());
        }
    }
}
