use serde_json::Value;

use super::{Compute, GroupBy, GroupType, OpenQuery};
use crate::{
    bounded::shown,
    error::{Error, Result},
    kernel,
    output::OutputColumn,
    rows::{Number, ValueType},
};

/// A column of the files of a query, and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileColumn {
    pub(super) column: OutputColumn,
    pub(super) from: From,
}

/// Where the values of a column of files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum From {
    /// The column of this number of a row.
    Row,
    /// The value of `group_by` of this number.
    Group(usize),
    /// The number of the group's rows.
    Rows,
    /// A field of the answer of the kernel of this number.
    Answer { kernel: usize, field: AnswerColumn },
}

/// A field of an answer, by its name and by its place among the properties of the answer's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnswerColumn {
    pub(super) name: String,
    pub(super) place: usize,
}

impl OpenQuery<'_> {
    /// Returns the columns of the query's files: of the rows themselves; or the values of groups, the
    /// number of their rows, and each field of each kernel's answer. `read` are the columns that the
    /// query reads, in its order.
    ///
    /// A field of a kernel named `fare` is `fare_sum`, as a database can have it without quotes. That
    /// of a single kernel over all rows is `sum`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if two columns would have one name.
    pub fn file_columns(
        &self,
        group_types: &[GroupType],
        read: &[OutputColumn],
    ) -> Result<Vec<OutputColumn>> {
        let columns = self.columns_of_files(group_types, read);
        let columns: Vec<OutputColumn> = columns.into_iter().map(|file| file.column).collect();
        for (at, column) in columns.iter().enumerate() {
            // Databases that read files take names of one spelling in capitals for the same.
            let is_same = |other: &OutputColumn| other.name.eq_ignore_ascii_case(&column.name);
            if columns[..at].iter().any(is_same) {
                let name = shown(&column.name);
                return Err(Error::Invalid(format!(
                    "two columns of the files would be named {name:?}; give a kernel or a value of \
                     group_by another name"
                )));
            }
        }
        Ok(columns)
    }

    pub(super) fn columns_of_files(
        &self,
        group_types: &[GroupType],
        read: &[OutputColumn],
    ) -> Vec<FileColumn> {
        if let Compute::Rows(_) = self.query.compute {
            let of_row =
                |column: &OutputColumn| FileColumn { column: column.clone(), from: From::Row };
            return read.iter().map(of_row).collect();
        }
        let computed = |name: String, value_type: ValueType, from: From| FileColumn {
            column: OutputColumn { name, value_type, sql_type: None },
            from,
        };
        let groups = self.query.group_by.iter().zip(group_types).enumerate();
        let mut columns: Vec<FileColumn> = groups
            .map(|(at, (by, group_type))| {
                computed(by.name.clone(), group_type.value_type(), From::Group(at))
            })
            .collect();
        if !columns.is_empty() {
            columns.push(computed(GroupBy::ROWS.to_owned(), ValueType::Bigint, From::Rows));
        }
        let descriptions = kernel::descriptions();
        for (at, ((name, of), open)) in self.query.compute.iter().zip(&self.kernels).enumerate() {
            let described = descriptions.iter().find(|known| known.name == of.kernel.name);
            let Some(schema) = described.map(|described| &described.answer) else { continue };
            let of_column = match read.get(open.columns.clone()) {
                Some([only]) => Some(&only.value_type),
                _ => None,
            };
            for (place, (field, schema)) in fields(schema).into_iter().enumerate() {
                let name = match self.is_of_one() {
                    true => field.clone(),
                    false => format!("{name}_{field}"),
                };
                let value_type = type_of(schema, of_column);
                let field = AnswerColumn { name: field, place };
                columns.push(computed(name, value_type, From::Answer { kernel: at, field }));
            }
        }
        columns
    }
}

impl GroupType {
    /// Returns the type that its values have in files.
    const fn value_type(self) -> ValueType {
        match self {
            Self::Boolean => ValueType::Boolean,
            Self::Integer => ValueType::Bigint,
            // A file's decimals have one number of places, and these have any.
            Self::Numeric => ValueType::Other,
            Self::Text => ValueType::Text,
            Self::Date => ValueType::Date,
            Self::Timestamp => ValueType::Timestamp,
            Self::TimestampTz => ValueType::Timestamptz,
            Self::Uuid => ValueType::Uuid,
        }
    }
}

/// Returns the fields of an answer by its JSON Schema, each once.
fn fields(schema: &Value) -> Vec<(String, &Value)> {
    let mut found: Vec<(String, &Value)> = Vec::new();
    let own = schema["properties"].as_object().into_iter().flatten();
    let own = own.map(|(name, field)| (name.clone(), field));
    let parts = [&schema["oneOf"], &schema["anyOf"]];
    let parts = parts.into_iter().filter_map(|part| part.as_array()).flatten().flat_map(fields);
    for (name, field) in own.chain(parts) {
        if found.iter().all(|(known, _)| *known != name) {
            found.push((name, field));
        }
    }
    found
}

/// Returns the type of a field of an answer by its JSON Schema. `of_column` is the type of the
/// kernel's column if it has one.
fn type_of(schema: &Value, of_column: Option<&ValueType>) -> ValueType {
    let alternatives = [&schema["oneOf"], &schema["anyOf"]];
    let mut alternatives = alternatives.into_iter().filter_map(|part| part.as_array()).flatten();
    if let Some(alternative) = alternatives.find(|alternative| alternative["type"] != "null") {
        return type_of(alternative, of_column);
    }
    if schema["pattern"] == Number::schema()["pattern"] {
        return exact(of_column, schema[Number::IS_SUM] == true);
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match names.iter().copied().filter(|name| *name != "null").collect::<Vec<_>>()[..] {
        ["integer"] => ValueType::Bigint,
        ["number"] => ValueType::Double,
        ["boolean"] => ValueType::Boolean,
        ["string"] => ValueType::Text,
        _ => ValueType::Json,
    }
}

/// Returns the type of a number in the type of a kernel's column, or of a sum of such numbers.
fn exact(of_column: Option<&ValueType>, is_sum: bool) -> ValueType {
    const MOST: u8 = ValueType::MOST_DIGITS;
    match of_column {
        Some(ValueType::Smallint | ValueType::Integer | ValueType::Bigint) => match is_sum {
            true => ValueType::Numeric { precision: MOST, scale: 0 },
            false => ValueType::Bigint,
        },
        Some(ValueType::Real | ValueType::Double) => ValueType::Double,
        Some(ValueType::Numeric { scale, .. }) => {
            ValueType::Numeric { precision: MOST, scale: *scale }
        }
        _ => ValueType::Other,
    }
}
