//! The queries for the rows of a chunk.

use pgfold_core::{BlockRange, Error, Key, KeyKind, KeyRange, Projection, Result};
use tokio_postgres::{Row, types::Type};

use super::{
    SourceTable,
    column::{self, kind_of_key},
    table::quoted,
};

/// A query for key and columns of some rows.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) key: KeyKind,
    /// The values of its parameters.
    pub(super) bounds: Vec<Key>,
}

impl Query {
    pub(super) fn of_keys(
        source: &SourceTable,
        range: &KeyRange,
        kind: KeyKind,
        projection: &Projection,
    ) -> Result<Self> {
        let missing = || Error::Misconfigured(format!("{} has no key configured", source.table));
        let key = quoted(source.key.as_ref().ok_or_else(missing)?);
        let (mut conditions, mut bounds) = (Vec::new(), Vec::new());
        if let Some(start) = range.start() {
            bounds.push(start.clone());
            conditions.push(format!("{key} >= $1"));
        }
        if let Some(end) = range.end() {
            bounds.push(end.clone());
            let before = format!("{key} < ${}", bounds.len());
            conditions.push(match range.start() {
                // A row without a key is found, and refused, not passed over.
                None if source.trusted_key => format!("({before} OR {key} IS NULL)"),
                _ => before,
            });
        }
        Ok(Self {
            sql: select(
                source,
                projection,
                &spelled(&key, kind),
                source.table.to_string(),
                conditions,
            ),
            key: kind,
            bounds,
        })
    }

    pub(super) fn of_blocks(
        source: &SourceTable,
        range: BlockRange,
        relation: &Row,
        projection: &Projection,
    ) -> Self {
        let kind = relation.get::<_, Option<&str>>("key_type").map_or(KeyKind::Text, kind_of_key);
        let key = match &source.key {
            Some(key) => spelled(&quoted(key), kind),
            // Where the row is at that instant.
            None => "ctid::text".to_owned(),
        };
        let mut conditions = vec![format!("ctid >= '({},0)'", range.start())];
        conditions.extend(range.end().map(|end| format!("ctid < '({end},0)'")));
        let only = format!("ONLY {}", relation.get::<_, &str>("name"));
        Self {
            sql: select(source, projection, &key, only, conditions),
            key: kind,
            bounds: Vec::new(),
        }
    }

    /// What Postgres is to take a bound for: a text for a value of the key's type.
    pub(super) const fn type_of(bound: &Key) -> Type {
        match bound {
            Key::Integer(_) => Type::INT8,
            Key::Text(_) => Type::UNKNOWN,
        }
    }
}

/// A key as SQL that gives it as it is read.
fn spelled(key: &str, kind: KeyKind) -> String {
    match kind {
        // Whatever its width: it is read by that.
        KeyKind::Integer => key.to_owned(),
        KeyKind::Text => format!("{key}::text"),
    }
}

fn select(
    source: &SourceTable,
    projection: &Projection,
    key: &str,
    from: String,
    conditions: Vec<String>,
) -> String {
    let columns = column::select(projection);
    format!("SELECT {key}{columns} FROM {from}{}", source.wherever(conditions))
}

#[cfg(test)]
mod tests {
    use pgfold_core::{Column, Kind, Nulls};

    use super::*;

    #[test]
    fn a_chunk_of_keys_is_read_by_them() {
        let source = SourceTable::new("geo.Points", "id", ["x 1", "y1; DROP TABLE geo"]).unwrap();
        let projection = |nulls| {
            let columns = source.columns.iter().cloned();
            let columns = columns.map(|name| Column { name, kind: Kind::Number }).collect();
            Projection { columns, nulls }
        };
        let one_by_one = projection(Nulls::Each);
        let sql = |source: &SourceTable, start: Option<Key>, end: Option<Key>| {
            let kind = match &start {
                Some(Key::Integer(_)) => KeyKind::Integer,
                _ => KeyKind::Text,
            };
            Query::of_keys(source, &KeyRange::new(start, end).unwrap(), kind, &one_by_one)
                .unwrap()
                .sql
        };
        assert_eq!(
            sql(&source, Some(1.into()), Some(9.into())),
            "SELECT \"id\", \"x 1\"::float8, \"y1; DROP TABLE geo\"::float8 \
             FROM \"geo\".\"Points\" WHERE \"id\" >= $1 AND \"id\" < $2"
        );
        assert!(sql(&source, Some(1.into()), None).ends_with("WHERE \"id\" >= $1"));
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
