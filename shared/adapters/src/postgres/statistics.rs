use pgfold_core::{Error, KeyStatistics, Result};
use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};

use super::{SourceTable, failure::from_postgres};

/// Pages of the sample that is taken where the table was never analysed.
const SAMPLE_PAGES: f64 = 100.0;

/// How many of a table's rows may have been written since ANALYZE before its histogram is
/// passed over. Beyond that it errs as much as a sample does: appended rows all lie in the last
/// chunk.
const STALE: f64 = 0.05;

/// What the catalogue says of a table's key and columns: one row for each that exists. A
/// NOT NULL that was never validated (PostgreSQL 18) lets rows with NULL through.
const COLUMNS: &str = "
    SELECT a.attname::text AS name,
           format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) AS type,
           a.attnotnull AND NOT EXISTS (
               SELECT FROM pg_constraint c
               WHERE c.conrelid = a.attrelid AND c.conkey = ARRAY[a.attnum]
                 AND c.contype = 'n' AND NOT c.convalidated
           ) AS is_not_null,
           EXISTS (
               SELECT FROM pg_index i
               WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1
                 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
           ) AS is_unique
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname = ANY ($2)";

/// Types of a key, as `format_type` names them.
const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];

/// Types of a column, besides those of a key.
const NUMBERS: [&str; 3] = ["real", "double precision", "numeric"];

/// Bounds of ranges with equally many rows, as ANALYZE found them, unless they are stale.
const HISTOGRAM: &str = "
    SELECT s.histogram_bounds::text::int8[]
    FROM pg_stats s
    JOIN pg_namespace n ON n.nspname = s.schemaname
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
    WHERE c.oid = to_regclass($1) AND s.attname = $2
      AND coalesce(pg_stat_get_mod_since_analyze(c.oid), 0) <= $3 * greatest(c.reltuples, 0)
    ORDER BY s.inherited DESC
    LIMIT 1";

/// The pages of a table, or of all its partitions.
const PAGES: &str = "
    SELECT coalesce(
               (SELECT sum(pg_relation_size(relid))::int8 FROM pg_partition_tree(to_regclass($1))),
               pg_relation_size(to_regclass($1))
           ) / current_setting('block_size')::int8";

/// What the planner needs to know of a table.
///
/// # Errors
/// [`Error::Misconfigured`] if the table is missing, or its key or columns cannot be used.
pub(super) async fn statistics(
    client: &Client,
    table: &SourceTable,
) -> Result<Option<KeyStatistics>> {
    check_columns(client, table).await?;
    let Some((min, max)) = ends(client, table).await? else {
        return Ok(None);
    };
    let quantiles = match histogram(client, table).await? {
        Some(bounds) => bounds,
        None => sample(client, table).await?.unwrap_or_default(),
    };
    Ok(Some(KeyStatistics { min, max, quantiles }))
}

async fn check_columns(client: &Client, table: &SourceTable) -> Result<()> {
    let mut names = vec![table.key()];
    names.extend(table.columns().iter().map(String::as_str));
    let found =
        query(client, COLUMNS, &[(&table.name(), Type::TEXT), (&names, Type::TEXT_ARRAY)]).await?;
    let column = |name: &str| found.iter().find(|row| row.get::<_, &str>("name") == name);
    if found.is_empty() && !exists(client, table).await? {
        return Err(Error::Misconfigured(format!("table {} does not exist", table.name())));
    }

    for name in table.columns() {
        let column = column(name).ok_or_else(|| no_column(table, name))?;
        let type_name: &str = column.get("type");
        if !INTEGERS.contains(&type_name) && !NUMBERS.contains(&type_name) {
            let numbers = [INTEGERS, NUMBERS].concat().join(", ");
            return Err(unusable(table, name, column, &format!("must be one of {numbers}")));
        }
    }
    let key = column(table.key()).ok_or_else(|| no_column(table, table.key()))?;
    if !INTEGERS.contains(&key.get("type")) {
        let problem = format!("must be one of {} to be the key", INTEGERS.join(", "));
        return Err(unusable(table, table.key(), key, &problem));
    }
    if !key.get::<_, bool>("is_not_null") {
        return Err(unusable(table, table.key(), key, "must be NOT NULL to be the key"));
    }
    if !key.get::<_, bool>("is_unique") {
        let problem = "must be unique by itself (UNIQUE or PRIMARY KEY) to be the key";
        return Err(unusable(table, table.key(), key, problem));
    }
    Ok(())
}

fn no_column(table: &SourceTable, name: &str) -> Error {
    Error::Misconfigured(format!("table {} has no column {name:?}", table.name()))
}

fn unusable(table: &SourceTable, name: &str, column: &Row, problem: &str) -> Error {
    let type_name: &str = column.get("type");
    Error::Misconfigured(format!(
        "column {name:?} of table {} is {type_name}; it {problem}",
        table.name()
    ))
}

async fn exists(client: &Client, table: &SourceTable) -> Result<bool> {
    let sql = "SELECT to_regclass($1) IS NOT NULL";
    let rows = query(client, sql, &[(&table.name(), Type::TEXT)]).await?;
    Ok(rows[0].get(0))
}

/// The smallest and the largest key, from the ends of the index.
async fn ends(client: &Client, table: &SourceTable) -> Result<Option<(i64, i64)>> {
    let (key, name) = (table.quoted_key(), table.name());
    let sql = format!("SELECT min({key})::int8, max({key})::int8 FROM {name}");
    let rows = query(client, &sql, &[]).await?;
    let min: Option<i64> = rows[0].get(0);
    let max: Option<i64> = rows[0].get(1);
    Ok(min.zip(max))
}

async fn histogram(client: &Client, table: &SourceTable) -> Result<Option<Vec<i64>>> {
    let parameters: [Parameter<'_>; 3] =
        [(&table.name(), Type::TEXT), (&table.key(), Type::TEXT), (&STALE, Type::FLOAT8)];
    let rows = query(client, HISTOGRAM, &parameters).await?;
    Ok(rows.first().and_then(|row| row.get(0)))
}

/// Hundredths of the keys on some pages; `None` if there is no row on them.
async fn sample(client: &Client, table: &SourceTable) -> Result<Option<Vec<i64>>> {
    let (key, name) = (table.quoted_key(), table.name());
    let pages: i64 = query(client, PAGES, &[(&table.name(), Type::TEXT)]).await?[0].get(0);
    let percent = (100.0 * SAMPLE_PAGES / (pages.max(1) as f64)).min(100.0);
    let sql = format!(
        "SELECT percentile_disc(ARRAY(SELECT h / 100.0::float8 FROM generate_series(0, 100) h))
                WITHIN GROUP (ORDER BY {key}::int8)
         FROM {name} TABLESAMPLE SYSTEM ($1)"
    );
    Ok(query(client, &sql, &[(&percent, Type::FLOAT8)]).await?[0].get(0))
}

/// A parameter of a query, with the type that Postgres is to take it for: a round trip less
/// than asking for it.
///
/// The values of these queries are of the types that their text casts to, so reading them by
/// `Row::get` does not panic.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

async fn query(client: &Client, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>> {
    client.query_typed(sql, parameters).await.map_err(from_postgres)
}
