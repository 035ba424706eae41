use serde_json::{Map, Value};

use super::{GroupBy, GroupValue, Query};
use crate::rows::Numeric;

/// A group whose partials are all merged.
pub(crate) struct Group {
    pub(super) values: Vec<GroupValue>,
    /// The number of its rows.
    pub(super) rows: u64,
    /// The answer of each kernel, in the order of the query.
    pub(super) answers: Vec<Value>,
}

impl Group {
    /// Returns the values, the number of rows and the answers by their names.
    pub(super) fn into_json(self, query: &Query) -> Value {
        let Self { values, rows, answers } = self;
        let values = query.group_by.iter().map(|by| by.name.clone()).zip(values);
        let mut fields: Map<String, Value> =
            values.map(|(name, value)| (name, value.to_json())).collect();
        fields.insert(GroupBy::ROWS.to_owned(), rows.into());
        fields.extend(query.compute.iter().map(|(name, _)| name.to_owned()).zip(answers));
        Value::Object(fields)
    }

    /// Returns the number at a path such as `fare.sum`; `None` if the group has no such number.
    pub(super) fn number(&self, query: &Query, path: &str) -> Option<Numeric> {
        let answer = |name| {
            let at = query.compute.iter().position(|(other, _)| other == name)?;
            self.answers.get(at)
        };
        match path.split_once('.') {
            Some((name, field)) => number_of(answer(name)?.get(field)?),
            None if path == GroupBy::ROWS => Some(Numeric::from(self.rows as i64)),
            None => number_of(answer(path)?),
        }
    }

    /// Returns about how many bytes the group takes in memory as JSON.
    pub(super) fn weight(&self, query: &Query) -> usize {
        let texts = self.values.iter().map(|value| match value {
            GroupValue::Text(text) => text.len(),
            _ => 0,
        });
        let names = query.group_by.iter().map(|by| by.name.len());
        let names = names.chain(query.compute.iter().map(|(name, _)| name.len()));
        let fields = self.values.len() + 1;
        64 * fields
            + texts.chain(names).sum::<usize>()
            + self.answers.iter().map(weight).sum::<usize>()
    }
}

fn number_of(value: &Value) -> Option<Numeric> {
    match value {
        Value::String(digits) => Numeric::parse(digits),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Numeric::from(whole)),
            None => Numeric::of_double(number.as_f64()?),
        },
        _ => None,
    }
}

/// Returns about how many bytes a value takes in memory.
fn weight(value: &Value) -> usize {
    64 + match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| name.len() + weight(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
