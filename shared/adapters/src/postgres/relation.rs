//! What the catalogue says of a source: whether it can be read as it is configured.

use futures_util::future::try_join;
use pgfold_core::{Column, Error, KeyKind, Plan, Planned, Result};
use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};

use super::{
    SourceTable,
    column::{INTEGERS, ORDERED, kind_of_key, types},
    failure::from_postgres,
};

/// The relation of a name and all that inherit from it, its partitions among them: to be followed
/// by a query that has $1 for the name.
pub(super) const TREE: &str = "
    WITH RECURSIVE tree (oid) AS (
        SELECT to_regclass($1)::oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
        WHERE NOT i.inhdetachpending
    )";

/// What a relation is, and each of the columns asked for that it has. A NOT NULL that was never
/// validated (PostgreSQL 18) lets rows with NULL through, and a table that inherits may lack it.
const RELATION: &str = "
    SELECT r.relkind::text AS kind,
           a.attname::text AS name,
           format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) AS type,
           NOT EXISTS (
               SELECT FROM tree JOIN pg_attribute n ON n.attrelid = tree.oid
               WHERE n.attname = a.attname AND NOT (n.attnotnull AND NOT EXISTS (
                   SELECT FROM pg_constraint c
                   WHERE c.conrelid = n.attrelid AND c.conkey = ARRAY[n.attnum]
                     AND c.contype = 'n' AND NOT c.convalidated
               ))
           ) AS is_not_null,
           EXISTS (
               SELECT FROM pg_index i
               WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1
                 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
           ) AS is_unique
    FROM pg_class r
    LEFT JOIN pg_attribute a
        ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ANY ($2)
    LEFT JOIN pg_type t ON t.oid = a.atttypid
    WHERE r.oid = to_regclass($1)";

/// What kind of relation a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A table, whole or partitioned.
    Table,
    /// The rows of a query, kept.
    MaterializedView,
    /// A query.
    View,
    /// A table of another database.
    ForeignTable,
}

impl Kind {
    /// Whether its rows are kept in this database: then they lie in blocks, and have statistics.
    pub(super) const fn is_stored(self) -> bool {
        matches!(self, Self::Table | Self::MaterializedView)
    }
}

/// A source that can be read as it is configured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relation {
    pub(super) kind: Kind,
    /// None if no key is configured.
    pub(super) key: Option<KeyKind>,
}

/// Looks a source up, of which `columns` will be read.
///
/// # Errors
/// [`Error::Misconfigured`] if it or a column is missing, or its key cannot be used;
/// [`Error::Invalid`] if a column cannot be read as what it is to be read as.
pub(super) async fn look_up(
    client: &Client,
    source: &SourceTable,
    columns: &[Column],
) -> Result<Relation> {
    let table = &source.table;
    let read = columns.iter().map(|column| &column.name);
    let names: Vec<&String> = source.key.iter().chain(read).collect();
    let name = table.to_string();
    let sql = format!("{TREE} {RELATION}");
    let found = query(client, &sql, &[(&name, Type::TEXT), (&names, Type::TEXT_ARRAY)]).await?;
    let kind = kind_of(source, found.first().map(|row| row.get("kind")))?;
    let column = |name: &str| {
        let column = found.iter().find(|row| row.get::<_, Option<&str>>("name") == Some(name));
        let missing = || Error::Misconfigured(format!("table {table} has no column {name:?}"));
        column.ok_or_else(missing)
    };

    for Column { name, kind } in columns {
        let row = column(name)?;
        let type_name: &str = row.get("type");
        if let Some(types) = types(*kind).filter(|types| !types.contains(&type_name)) {
            return Err(Error::Invalid(format!(
                "column {name:?} of table {table} is {type_name}; to be read as {} it must be one \
                 of {}",
                kind.name(),
                types.join(", ")
            )));
        }
    }
    let key = match &source.key {
        Some(key) => Some(check_key(source, kind, key, column(key)?)?),
        None => None,
    };
    Ok(Relation { kind, key })
}

/// What kind of relation a source is.
///
/// # Errors
/// [`Error::Misconfigured`] if it is none that can be read.
pub(super) async fn kind(client: &Client, source: &SourceTable) -> Result<Kind> {
    let name = source.table.to_string();
    let sql = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)";
    let found = query(client, sql, &[(&name, Type::TEXT)]).await?;
    kind_of(source, found.first().map(|row| row.get(0)))
}

/// How the keys of a source are read.
///
/// # Errors
/// As for [`look_up`].
pub(super) async fn key_kind(client: &Client, source: &SourceTable) -> Result<KeyKind> {
    Ok(look_up(client, source, &[]).await?.key.unwrap_or(KeyKind::Text))
}

fn kind_of(source: &SourceTable, relkind: Option<&str>) -> Result<Kind> {
    let table = &source.table;
    match relkind {
        Some("r" | "p") => Ok(Kind::Table),
        Some("m") => Ok(Kind::MaterializedView),
        Some("v") => Ok(Kind::View),
        Some("f") => Ok(Kind::ForeignTable),
        Some(other) => {
            let problem = format!("{table} is no table or view, but of kind {other:?}");
            Err(Error::Misconfigured(problem))
        }
        None => Err(Error::Misconfigured(format!("table {table} does not exist"))),
    }
}

fn check_key(source: &SourceTable, kind: Kind, name: &str, key: &Row) -> Result<KeyKind> {
    let type_name: &str = key.get("type");
    if !INTEGERS.contains(&type_name) && !ORDERED.contains(&type_name) {
        let types = [&INTEGERS[..], &ORDERED].concat().join(", ");
        let problem = format!("must be one of {types} to be the key");
        return Err(unusable(source, name, key, &problem));
    }
    let problem = match kind {
        _ if source.trusted_key => None,
        Kind::View | Kind::ForeignTable | Kind::MaterializedView => Some(
            "is not of a table, so PostgreSQL does not say whether it is unique and has no NULL; \
             if it is and has none, say so with \"trusted_key\": true",
        ),
        Kind::Table if !key.get::<_, bool>("is_not_null") => Some("must be NOT NULL to be the key"),
        Kind::Table if !key.get::<_, bool>("is_unique") => {
            Some("must be unique by itself (UNIQUE or PRIMARY KEY) to be the key")
        }
        Kind::Table => None,
    };
    match problem {
        Some(problem) => Err(unusable(source, name, key, problem)),
        None => Ok(kind_of_key(type_name)),
    }
}

fn unusable(source: &SourceTable, name: &str, column: &Row, problem: &str) -> Error {
    let (table, type_name): (_, &str) = (&source.table, column.get("type"));
    Error::Misconfigured(format!("column {name:?} of table {table} is {type_name}; it {problem}"))
}

/// A plan with the number of rows that it is about, which is asked for while the plan is made.
pub(super) async fn sized(
    client: &Client,
    source: &SourceTable,
    plan: impl Future<Output = Result<Plan>>,
) -> Result<Planned> {
    let (plan, rows) = try_join(plan, estimated_rows(client, source)).await?;
    let estimated_rows = if plan.is_empty() { 0 } else { rows };
    Ok(Planned { plan, estimated_rows })
}

/// About how many rows a source has, as Postgres itself estimates it to plan a query: by its
/// statistics and its size now.
async fn estimated_rows(client: &Client, source: &SourceTable) -> Result<u64> {
    let (table, filter) = (&source.table, source.wherever());
    let explain = format!("EXPLAIN (FORMAT JSON) SELECT FROM {table}{filter}");
    let messages = client.simple_query(&explain).await.map_err(from_postgres)?;
    let text = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan: serde_json::Value =
        serde_json::from_str(text.unwrap_or_default()).unwrap_or_default();
    let rows = plan[0]["Plan"]["Plan Rows"].as_f64();
    rows.map(|rows| rows as u64)
        .ok_or_else(|| Error::unavailable(super::SERVICE, format!("no estimate in {text:?}")))
}

/// A parameter of a query, with the type that Postgres is to take it for: a round trip less
/// than asking for it.
///
/// The values of these queries are of the types that their text casts to, so reading them by
/// `Row::get` does not panic.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

pub(super) async fn query(
    client: &Client,
    sql: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>> {
    client.query_typed(sql, parameters).await.map_err(from_postgres)
}
