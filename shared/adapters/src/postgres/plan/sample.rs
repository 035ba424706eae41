//! A sample of a source's keys, used if there is no valid histogram.

use pgfold_core::{ChunkCount, Result};
use tokio_postgres::types::Type;

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::relation::{Parameter, Relation, TREE, query},
    selection::Selection,
    table::quoted,
};

/// The number of pages with rows that a sample should have, and the most pages that are read for
/// it.
const SAMPLE_PAGES: f64 = 100.0;
const MOST_PAGES: f64 = 2000.0;

/// Returns the number of pages of a table and all relations that inherit from it.
const PAGES: &str = "
    SELECT (sum(pg_relation_size(oid)) / current_setting('block_size')::int8)::int8 FROM tree";

/// A sample of the keys.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Sample {
    /// The number of rows in the sample.
    pub(in crate::postgres) rows: i64,
    /// Quantiles of the rows' keys, hundredths or finer, in the database's order.
    pub(in crate::postgres) keys: Vec<String>,
    /// Whether the sample has all rows.
    pub(in crate::postgres) is_whole: bool,
    /// The number of pages on which the rows were found.
    found_on: f64,
}

/// Samples the keys of a source.
///
/// Rows on one page often have neighbouring keys, so the quality of a sample depends on the number
/// of pages with rows. If a filter or deleted rows leave few such pages, more pages are read.
pub(in crate::postgres) async fn sample(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    key: &str,
    chunks: ChunkCount,
) -> Result<Sample> {
    let name = source.table.to_string();
    let sql = format!("{TREE} {PAGES}");
    let pages: i64 = query(connection, &sql, &[(&name, Type::TEXT)]).await?[0].get(0);
    let pages = pages.max(1) as f64;
    let of_part = |part| sample_of(connection, source, relation, key, chunks, part);
    // Without the right to read `ctid`, the number of pages is unknown, so the most pages are read.
    if !relation.is_readable_whole && !Selection::of(source, &relation.filter, 1).is_of_all() {
        return of_part(MOST_PAGES / pages).await;
    }
    let first = of_part(SAMPLE_PAGES / pages).await?;
    if pages <= SAMPLE_PAGES || first.found_on > SAMPLE_PAGES / 2.0 {
        return Ok(first);
    }
    let more = SAMPLE_PAGES / first.found_on.max(1.0);
    of_part(SAMPLE_PAGES * more.min(MOST_PAGES / SAMPLE_PAGES) / pages).await
}

/// Samples the keys on `part` of the pages, from 0 to 1.
async fn sample_of(
    connection: &Connection,
    source: &SourceTable,
    relation: &Relation,
    key: &str,
    chunks: ChunkCount,
    part: f64,
) -> Result<Sample> {
    let selection = Selection::of(source, &relation.filter, 3);
    let (key, table, filter) = (quoted(key), &source.table, selection.where_clause());
    let percent = (100.0 * part).min(100.0);
    let parts = i32::from(chunks.get()).clamp(25, 500) * 4;
    let found_on = match relation.is_readable_whole {
        // The text of a ctid, (block, row), is also that of a point.
        true => "count(DISTINCT (tableoid::int8 << 32) + (ctid::text::point)[0]::int8)",
        // Only a role that may read all columns may read system columns.
        false => "count(*)",
    };
    let sql = format!(
        "SELECT count(*),
                {found_on}::float8,
                percentile_disc(ARRAY(SELECT n / $2::float8 FROM generate_series(0, $2::int4) n))
                    WITHIN GROUP (ORDER BY {key})::text[]
         FROM {table} TABLESAMPLE SYSTEM ($1){filter}"
    );
    let mut parameters: Vec<Parameter<'_>> = vec![(&percent, Type::FLOAT8), (&parts, Type::INT4)];
    parameters.extend(selection.parameters());
    let rows = query(connection, &sql, &parameters).await?;
    let keys = rows[0].get::<_, Option<_>>(2).unwrap_or_default();
    Ok(Sample { rows: rows[0].get(0), keys, is_whole: percent >= 100.0, found_on: rows[0].get(1) })
}
