//! The histogram of a key that ANALYZE stored, and whether it is still valid.

use pgfold_core::Result;
use tokio_postgres::types::Type;

use crate::postgres::{
    SourceTable,
    connect::connection::Connection,
    plan::relation::{Parameter, TREE, query},
};

/// The greatest part of a table that may have changed since ANALYZE for its histogram to be used.
/// Beyond it the histogram errs as much as a sample, because all appended rows lie in the last
/// chunk.
pub(in crate::postgres) const STALE: f64 = 0.05;

/// Returns the bounds of ranges with equally many rows, as ANALYZE stored them. Returns no row if
/// the bounds are stale by PostgreSQL's count of written rows or by the size of the table.
///
/// Rows written to a partition are counted for the partition. Autovacuum analyses partitions but
/// not their parents, and sets the partition's count to zero. So a partition that autovacuum
/// analysed after the parent counts as completely rewritten. A change of the partitions' total
/// number of rows counts as that many written rows.
///
/// A server that crashed or failed over, or a standby, has lost the counts and the time of ANALYZE.
const HISTOGRAM: &str = ",
    root AS (
        SELECT c.*, greatest(pg_stat_get_last_analyze_time(c.oid),
                             pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed_at
        FROM pg_class c
        WHERE c.oid = to_regclass($1)
    ),
    parts AS (
        SELECT sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relkind <> 'p') AS rows,
               sum(coalesce(pg_stat_get_mod_since_analyze(c.oid), 0)) AS written,
               sum(greatest(c.reltuples, 0)) FILTER (
                   WHERE pg_stat_get_last_autoanalyze_time(c.oid) > root.analyzed_at
               ) AS unknown,
               sum(c.relpages) FILTER (WHERE c.relkind <> 'p') AS pages,
               sum(pg_relation_size(c.oid)) / current_setting('block_size')::int8 AS pages_now
        FROM tree JOIN pg_class c USING (oid) CROSS JOIN root
    )
    SELECT s.histogram_bounds::text::text[], root.analyzed_at IS NOT NULL
    FROM root
    CROSS JOIN parts
    JOIN pg_namespace n ON n.oid = root.relnamespace
    JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = root.relname
    WHERE s.attname = $2
      AND parts.written + coalesce(parts.unknown, 0)
          + CASE root.relkind WHEN 'p' THEN abs(parts.rows - root.reltuples) ELSE 0 END
          <= $3 * parts.rows
      AND abs(parts.pages_now - parts.pages) <= $3 * parts.pages
    ORDER BY s.inherited DESC
    LIMIT 1";

/// A histogram of keys that is not known to be stale.
#[derive(Debug)]
pub(in crate::postgres) struct Histogram {
    /// Keys in the database's order, with equally many rows between neighbours.
    pub(in crate::postgres) bounds: Vec<String>,
    /// Whether PostgreSQL has the count of rows written since ANALYZE.
    pub(in crate::postgres) is_counted: bool,
}

/// Returns the histogram of a key; `None` if the key has no histogram or a stale one.
pub(in crate::postgres) async fn histogram(
    connection: &Connection,
    source: &SourceTable,
    key: &str,
) -> Result<Option<Histogram>> {
    let table = source.table.to_string();
    let parameters: [Parameter<'_>; 3] =
        [(&table, Type::TEXT), (&key, Type::TEXT), (&STALE, Type::FLOAT8)];
    let rows = query(connection, &format!("{TREE} {HISTOGRAM}"), &parameters).await?;
    Ok(rows.first().and_then(|row| {
        let bounds: Option<Vec<String>> = row.get(0);
        Some(Histogram { bounds: bounds?, is_counted: row.get(1) })
    }))
}
