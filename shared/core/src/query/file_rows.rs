use serde_json::Value;

use super::{
    Answer, Group, GroupType, GroupValue, OpenQuery,
    file_columns::{AnswerColumn, FileColumn, From},
};
use crate::{
    error::{Error, Result},
    kernel::{AnswerField, AnswerFields},
    output::OutputColumn,
    rows::{Cell, KeyKind, NewRow, Number, Numeric, RowBatch, RowBuffer, ValueType},
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

    /// Adds a group with an answer of each kernel.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if an answer has a value of another type than its kernel states.
    pub(crate) fn push(&mut self, Group { values, rows, answers }: &Group) -> Result<()> {
        self.push_row(values, *rows, |kernel, field| of_json(answers.get(kernel), field))
    }

    /// Adds a group with an answer of each kernel in the form for files.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub(super) fn push_fields(
        &mut self,
        values: &[GroupValue],
        rows: u64,
        answers: &[AnswerFields],
    ) -> Result<()> {
        self.push_row(values, rows, |kernel, field| match answers.get(kernel) {
            Some(AnswerFields::InOrder(fields)) => fields.get(field.place).map(Field::Typed),
            Some(AnswerFields::Json(answer)) => of_json(Some(answer), field),
            None => None,
        })
    }

    /// Adds the answer over rows that make no groups: of the only kernel, or of several by their names.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub(crate) fn push_answer(&mut self, answer: &Answer, is_of_one: bool) -> Result<()> {
        let names = self.names.clone();
        self.push_row(&[], 0, |kernel, field| match is_of_one {
            true => of_json(Some(&answer.answer), field),
            false => of_json(answer.answer.get(names.get(kernel)?), field),
        })
    }

    fn push_row<'v>(
        &mut self,
        values: &[GroupValue],
        rows: u64,
        answer: impl Fn(usize, &AnswerColumn) -> Option<Field<'v>>,
    ) -> Result<()> {
        let Self { columns, rows: buffer, .. } = self;
        buffer.write(|row| {
            for FileColumn { column, from } in columns {
                match from {
                    From::Row => row.push(None),
                    From::Group(at) => match values.get(*at) {
                        Some(value) => push_group(row, value),
                        None => row.push(None),
                    },
                    From::Rows => row.push(Some(&(rows as i64).to_be_bytes())),
                    From::Answer { kernel, field } => match answer(*kernel, field) {
                        Some(field) => push_answer(row, field, column)?,
                        None => row.push(None),
                    },
                }
            }
            Ok(())
        })
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

/// A field of an answer.
enum Field<'v> {
    Json(&'v Value),
    Typed(&'v AnswerField),
}

fn of_json<'v>(answer: Option<&'v Value>, field: &AnswerColumn) -> Option<Field<'v>> {
    answer?.get(&field.name).map(Field::Json)
}

/// Adds the field of a group's value to a row.
fn push_group(row: &mut NewRow<'_>, value: &GroupValue) {
    match value {
        GroupValue::Null => row.push(None),
        GroupValue::Boolean(value) => row.push(Some(&[u8::from(*value)])),
        GroupValue::Integer(value) => row.push(Some(&value.to_be_bytes())),
        GroupValue::Numeric(_) => row.push(Some(text(&value.to_json()).as_bytes())),
        GroupValue::Text(value) => row.push(Some(value.as_bytes())),
        GroupValue::Date(micros) => row.push(Some(&days(*micros).to_be_bytes())),
        GroupValue::Timestamp(micros) | GroupValue::TimestampTz(micros) => {
            row.push(Some(&micros.to_be_bytes()))
        }
        GroupValue::Uuid(value) => row.push(Some(value.as_bytes())),
    }
}

const fn days(micros: i64) -> i32 {
    match micros {
        i64::MAX => i32::MAX,
        i64::MIN => i32::MIN,
        // PostgreSQL's days fit.
        _ => micros.div_euclid(MICROS_PER_DAY) as i32,
    }
}

/// Adds a field of a kernel's answer to a row.
fn push_answer(row: &mut NewRow<'_>, field: Field<'_>, column: &OutputColumn) -> Result<()> {
    match (field, &column.value_type) {
        (Field::Typed(AnswerField::Null), _) => row.push(None),
        (Field::Typed(AnswerField::Integer(number)), ValueType::Bigint) => {
            row.push(Some(&number.to_be_bytes()));
        }
        (Field::Typed(AnswerField::Double(number)), ValueType::Double) if number.is_finite() => {
            row.push(Some(&number.to_be_bytes()));
        }
        (Field::Typed(field), _) => push_json(row, &field.clone().into_json(), column)?,
        (Field::Json(value), _) => push_json(row, value, column)?,
    }
    Ok(())
}

fn push_json(row: &mut NewRow<'_>, value: &Value, column: &OutputColumn) -> Result<()> {
    row.push(field_of_answer(value, column)?.as_deref());
    Ok(())
}

/// Returns the field of a value of a kernel's answer; `None` for NULL.
fn field_of_answer(value: &Value, column: &OutputColumn) -> Result<Option<Vec<u8>>> {
    let bytes = match (&column.value_type, value) {
        (_, Value::Null) => return Ok(None),
        (ValueType::Bigint, value) => value.as_i64().map(|number| number.to_be_bytes().into()),
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
