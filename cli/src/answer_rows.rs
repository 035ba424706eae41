//! An answer as a table: a row for each group, or one row.

use std::collections::HashMap;

use pgfold_api::Query;
use serde_json::{Map, Value};

use crate::query::group_name;

/// The column of an answer that has the number of a group's rows.
const ROWS: &str = "rows";

/// The name of a column: of a group's value, or of a field of an answer, such as `fare.sum`.
type Path<'a> = (&'a str, Option<&'a str>);

/// An answer as rows of values.
pub(crate) struct AnswerRows<'a> {
    columns: Vec<Path<'a>>,
    /// The values of each row in the order of the columns; shorter if it lacks the last ones.
    rows: Vec<Vec<Option<&'a Value>>>,
}

impl<'a> AnswerRows<'a> {
    /// Makes the rows of a query's answer.
    pub(crate) fn new(query: &'a Query, answer: &'a Value) -> Self {
        let mut table = Self { columns: Vec::new(), rows: Vec::new() };
        let mut places = HashMap::new();
        if query.group_by.is_empty() {
            // The fields of a single answer are its own; those of several have the answers' names.
            let is_named = query.compute.is_some();
            table.add(
                answer.as_object().into_iter().flat_map(|row| cells(row, is_named)),
                &mut places,
            );
            return table;
        }
        // They are there even if there is no group.
        let names = query.group_by.iter().map(group_name).chain([ROWS]);
        table.add(names.map(|name| ((name, None), &Value::Null)), &mut places);
        table.rows.clear();
        let groups = answer.get("groups").and_then(Value::as_array);
        for group in groups.into_iter().flatten().filter_map(Value::as_object) {
            table.add(cells(group, true), &mut places);
        }
        table
    }

    fn add(
        &mut self,
        cells: impl Iterator<Item = (Path<'a>, &'a Value)>,
        places: &mut HashMap<Path<'a>, usize>,
    ) {
        let mut row = vec![None; self.columns.len()];
        for (path, value) in cells {
            let place = *places.entry(path).or_insert_with(|| {
                self.columns.push(path);
                self.columns.len() - 1
            });
            row.resize(row.len().max(place + 1), None);
            row[place] = Some(value);
        }
        self.rows.push(row);
    }

    /// Returns the names of the columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.columns.iter().map(|(name, field)| match field {
            Some(field) => format!("{name}.{field}"),
            None => (*name).to_owned(),
        })
    }

    /// Returns the rows, each with a value for every column; NULL where it has none.
    pub(crate) fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = &'a Value>> {
        let width = self.columns.len();
        self.rows.iter().map(move |row| {
            let missing = width - row.len();
            let cells = row.iter().copied().chain(std::iter::repeat_n(None, missing));
            cells.map(|value| value.unwrap_or(&Value::Null))
        })
    }
}

/// Returns the values of a row; if they are named, an answer's fields by themselves.
fn cells(row: &Map<String, Value>, is_named: bool) -> impl Iterator<Item = (Path<'_>, &Value)> {
    row.iter().flat_map(move |(name, value)| {
        let fields = value.as_object().filter(|_| is_named);
        let whole = fields.is_none().then_some(((name.as_str(), None), value));
        let fields = fields.into_iter().flatten();
        let fields =
            fields.map(move |(field, value)| ((name.as_str(), Some(field.as_str())), value));
        whole.into_iter().chain(fields)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns the names of the columns, and the rows.
    fn rows(query: Value, answer: Value) -> (Vec<String>, Vec<Value>) {
        let query: Query = serde_json::from_value(query).unwrap();
        let rows = AnswerRows::new(&query, &answer);
        (rows.names().collect(), rows.rows().map(|row| row.cloned().collect()).collect())
    }

    #[test]
    fn a_group_is_a_row_with_the_fields_of_its_answers() {
        let query = json!({ "group_by": ["city", { "column": "at", "unit": "day", "as": "day" }] });
        let answer = json!({ "group_count": 2, "groups": [
            { "city": "Rome", "day": "2026-11-01", "rows": 2, "fare": { "sum": 1.5 } },
            { "city": null, "day": null, "rows": 1, "fare": { "sum": null, "of": [1] } },
        ] });
        let (names, rows) = rows(query, answer);
        assert_eq!(names, ["city", "day", "rows", "fare.sum", "fare.of"]);
        let expected = json!([["Rome", "2026-11-01", 2, 1.5, null], [null, null, 1, null, [1]]]);
        assert_eq!(json!(rows), expected);
    }

    #[test]
    fn no_group_leaves_the_names_of_the_groups() {
        let answer = json!({ "groups": [], "group_count": 0 });
        let (names, rows) = rows(json!({ "group_by": ["city"] }), answer);
        assert_eq!((names, rows), (vec!["city".to_owned(), "rows".to_owned()], vec![]));
    }

    #[test]
    fn without_groups_an_answer_is_one_row() {
        let pair = json!({ "distance": 0.5, "pair": { "id": 7 } });
        let (names, one) = rows(json!({ "kernel": "min_distance" }), pair.clone());
        assert_eq!(
            (names, json!(one)),
            (vec!["distance".into(), "pair".into()], json!([[0.5, { "id": 7 }]]))
        );
        let compute = json!({ "compute": { "a": { "kernel": "min_distance" } } });
        let (names, one) = rows(compute, json!({ "a": pair, "b": 3 }));
        assert_eq!(names, ["a.distance", "a.pair", "b"]);
        assert_eq!(json!(one), json!([[0.5, { "id": 7 }, 3]]));
    }
}
