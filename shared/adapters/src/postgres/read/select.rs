//! The queries for the rows of a chunk.

use pgfold_core::{BlockRange, Error, Form, Key, KeyKind, KeyRange, Result, kernel::Aggregates};

use crate::postgres::{
    SourceTable,
    plan::{groups::group_sql, relation::Relation, sent::SentColumns},
    read::aggregate_sql,
    selection::{Selection, TextValue},
    table::{quoted, where_clause},
};

/// The row's place at an instant, which stands in for a key.
const PLACE: &str = "ctid::text";

/// A query for the key and the columns of some rows, or for aggregates of them.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Query {
    key: KeyKind,
    /// The values of the parameters.
    values: Vec<TextValue>,
    /// The SQL of the values that are selected.
    list: String,
    /// The forms of the fields; empty if all are plain.
    forms: Vec<Form>,
    /// The field of each column; empty if each has a field of its own.
    fields: Vec<usize>,
    from: String,
    conditions: Vec<String>,
    /// What follows the conditions.
    end: String,
}

impl Query {
    pub(in crate::postgres) fn of_keys(
        source: &SourceTable,
        range: &KeyRange,
        relation: &Relation,
    ) -> Result<Self> {
        if source.key.is_none() && *range == KeyRange::all() {
            return Ok(Self::of_all(source, relation));
        }
        let missing = || Error::Misconfigured(format!("{} has no key configured", source.table));
        let key = quoted(source.key.as_ref().ok_or_else(missing)?);
        let kind = relation.key.ok_or_else(missing)?;
        let cut_by = match &relation.cut_by {
            Some((column, _)) => source.sql_of(column),
            None => key.clone(),
        };
        let (list, mut values) = list(spelled(&key, kind), source, relation);
        let mut conditions = Vec::new();
        let mut bound = |key: &Key| match key {
            Key::Integer(key) => format!("'{key}'::int8"),
            Key::Text(key) => {
                values.push(TextValue(key.clone()));
                format!("${}", values.len())
            }
        };
        if let Some(start) = range.start() {
            conditions.push(format!("{cut_by} >= {}", bound(start)));
        }
        if let Some(end) = range.end() {
            let before = format!("{cut_by} < {}", bound(end));
            conditions.push(match range.start() {
                // Includes rows without a key, so that they are an error rather than skipped.
                None if source.trusted_key && relation.cut_by.is_none() => {
                    format!("({before} OR {key} IS NULL)")
                }
                _ => before,
            });
        }
        let from = source.table.to_string();
        Ok(Self::of_rows(relation.sent(kind), list, values, from, conditions, source, relation))
    }

    pub(in crate::postgres) fn of_blocks(
        source: &SourceTable,
        range: BlockRange,
        relation: &Relation,
        name: &str,
    ) -> Self {
        let kind = relation.key.unwrap_or(KeyKind::Text);
        let key = match &source.key {
            Some(key) => spelled(&quoted(key), kind),
            None => PLACE.to_owned(),
        };
        let mut conditions = vec![format!("ctid >= '({},0)'", range.start())];
        conditions.extend(range.end().map(|end| format!("ctid < '({end},0)'")));
        let (list, values) = list(key, source, relation);
        let (kind, from) = (relation.sent(kind), format!("ONLY {name}"));
        Self::of_rows(kind, list, values, from, conditions, source, relation)
    }

    /// Returns the query for all rows of a source without a key.
    fn of_all(source: &SourceTable, relation: &Relation) -> Self {
        let (list, values) = list(PLACE.to_owned(), source, relation);
        let (kind, from) = (relation.sent(KeyKind::Text), source.table.to_string());
        Self::of_rows(kind, list, values, from, Vec::new(), source, relation)
    }

    /// Returns the query for those rows that meet also the conditions of the source and the job.
    fn of_rows(
        key: KeyKind,
        list: String,
        mut values: Vec<TextValue>,
        from: String,
        mut conditions: Vec<String>,
        source: &SourceTable,
        relation: &Relation,
    ) -> Self {
        let selection = Selection::of(source, &relation.filter, values.len() + 1);
        conditions.extend_from_slice(selection.conditions());
        values.extend_from_slice(selection.values());
        let SentColumns { mut forms, places: fields, .. } = SentColumns::of(relation);
        if !forms.is_empty() {
            forms.splice(0..0, relation.groups.iter().map(|_| Form::Plain));
        }
        Self { key, values, list, forms, fields, from, conditions, end: String::new() }
    }

    /// Returns the query with one more condition.
    pub(in crate::postgres) fn only(mut self, condition: String) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Returns a query for other values of the same rows, which make no groups. `list` starts with
    /// an integer, in the place of the key.
    pub(in crate::postgres) fn of(&self, list: &str) -> Self {
        let (forms, fields) = (Vec::new(), Vec::new());
        Self { key: KeyKind::Integer, list: list.to_owned(), forms, fields, ..self.clone() }
    }

    /// Returns a query for aggregates of the same rows, one row for each of their groups: the number
    /// of its rows, its values, and the aggregates.
    pub(in crate::postgres) fn aggregated(
        self,
        source: &SourceTable,
        relation: &Relation,
        aggregates: &[Aggregates],
    ) -> Self {
        // The groups are the first to have parameters, so theirs are numbered as before.
        let mut list = "count(*)::int8".to_owned() + &groups(source, relation, &mut Vec::new());
        list += &aggregate_sql::sql(aggregates, &relation.columns);
        // By their places, because PostgreSQL does not know that two equal parameters are equal.
        let places: Vec<String> =
            (0..relation.groups.len()).map(|at| (at + 2).to_string()).collect();
        let end = match places.is_empty() {
            true => " HAVING count(*) > 0".to_owned(),
            false => format!(" GROUP BY {}", places.join(", ")),
        };
        let forms = relation.groups.iter().map(|_| Form::Plain);
        let forms = forms.chain(aggregate_sql::forms(aggregates, &relation.columns)).collect();
        Self { key: KeyKind::Integer, list, forms, fields: Vec::new(), end, ..self }
    }

    fn sql(&self) -> String {
        let Self { list, from, conditions, end, .. } = self;
        format!("SELECT {list} FROM {from}{}{end}", where_clause(conditions))
    }
}

/// A statement that returns rows.
#[derive(Debug)]
pub(in crate::postgres) struct Statement {
    pub(in crate::postgres) sql: String,
    /// How the keys of the rows are read.
    pub(in crate::postgres) key: KeyKind,
    /// The forms of the fields; empty if all are plain.
    pub(in crate::postgres) forms: Vec<Form>,
    /// The field of each column; empty if each has a field of its own.
    pub(in crate::postgres) fields: Vec<usize>,
    /// The values of the parameters.
    pub(in crate::postgres) values: Vec<TextValue>,
}

impl Statement {
    /// Makes the statement for the rows of all queries, which have the same parameters.
    pub(in crate::postgres) fn of_all(queries: &[Query]) -> Self {
        let sql: Vec<String> = queries.iter().map(Query::sql).collect();
        let first = queries.first();
        Self {
            sql: sql.join(" UNION ALL "),
            key: first.map_or(KeyKind::Integer, |query| query.key),
            forms: first.map_or(Vec::new(), |query| query.forms.clone()),
            fields: first.map_or(Vec::new(), |query| query.fields.clone()),
            values: first.map_or(Vec::new(), |query| query.values.clone()),
        }
    }
}

/// Returns the list of the values of a row: its key if that is sent, the values of its group, and the
/// columns. Returns also the values of the list's parameters, which are the first.
fn list(key: String, source: &SourceTable, relation: &Relation) -> (String, Vec<TextValue>) {
    let mut values = Vec::new();
    let mut list = groups(source, relation, &mut values);
    for field in SentColumns::of(relation).fields {
        list += ", ";
        list += &field;
    }
    match relation.sends_key {
        true => (key + &list, values),
        // Each value is after a comma.
        false => (list.split_off(list.len().min(", ".len())), values),
    }
}

/// Returns the values of a row's group, each after a comma. Adds the values of their parameters.
fn groups(source: &SourceTable, relation: &Relation, values: &mut Vec<TextValue>) -> String {
    let mut list = String::new();
    for (by, group_type) in &relation.groups {
        list += ", ";
        list += &group_sql(source, by, *group_type, values);
    }
    list
}

/// Returns the SQL of a key, in the form in which it is read.
fn spelled(key: &str, kind: KeyKind) -> String {
    match kind {
        // Integers are read in any width.
        KeyKind::Integer => key.to_owned(),
        KeyKind::Text | KeyKind::Unsent => format!("{key}::text"),
    }
}

#[cfg(test)]
mod tests {
    use pgfold_core::{Column, Kind, Nulls, RelationId};
    use tokio_postgres::types::Type;

    use super::*;
    use crate::postgres::plan::column::ReadColumn;

    #[test]
    fn a_chunk_of_keys_is_selected_by_its_bounds() {
        let source = SourceTable::new("geo.Points", "id", ["x 1", "y1; DROP TABLE geo"]).unwrap();
        let columns = source.columns.iter().map(|name| ReadColumn {
            column: Column { name: name.clone(), kind: Kind::Number },
            name_sql: quoted(name),
            base: Type::FLOAT4,
            type_name: "real".to_owned(),
            modifier: -1,
            declared: "real".to_owned(),
            is_deterministic: true,
        });
        let columns: Vec<ReadColumn> = columns.collect();
        let sql = |source: &SourceTable, start: Option<Key>, end: Option<Key>| {
            let kind = match &start {
                Some(Key::Integer(_)) => KeyKind::Integer,
                _ => KeyKind::Text,
            };
            let relation = Relation {
                oid: 7,
                kind: crate::postgres::plan::relation_kind::Kind::Table,
                key: Some(kind),
                groups: Vec::new(),
                filter: Vec::new(),
                cut_by: None,
                columns: columns.clone(),
                nulls: Nulls::PerColumn,
                sends_key: true,
                may_share_fields: false,
                is_readable_whole: true,
                id: RelationId::of("points"),
            };
            Query::of_keys(source, &KeyRange::new(start, end).unwrap(), &relation).unwrap().sql()
        };
        assert_eq!(
            sql(&source, Some(1.into()), Some(9.into())),
            "SELECT \"id\", \"x 1\"::float8, \"y1; DROP TABLE geo\"::float8 \
             FROM \"geo\".\"Points\" WHERE \"id\" >= '1'::int8 AND \"id\" < '9'::int8"
        );
        assert!(sql(&source, Some(1.into()), None).ends_with("WHERE \"id\" >= '1'::int8"));
        let filter = Some("a OR b".to_owned());
        let view = SourceTable { trusted_key: true, filter, ..source };
        let text = || Some(Key::Text("m".to_owned()));
        let before = sql(&view, None, text());
        assert!(before.starts_with("SELECT \"id\"::text, "), "{before}");
        assert!(
            before.ends_with("WHERE (\"id\" < $1 OR \"id\" IS NULL) AND (a OR b\n)"),
            "{before}"
        );
        assert!(sql(&view, text(), None).ends_with("WHERE \"id\" >= $1 AND (a OR b\n)"));
        assert!(sql(&view, None, None).ends_with("WHERE (a OR b\n)"));
    }
}
