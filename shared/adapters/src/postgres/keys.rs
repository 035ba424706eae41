//! Cutting a source by its keys, without reading it.

use futures_util::future::try_join;
use pgfold_core::{ChunkCount, Error, KeyKind, KeyStatistics, Plan, Result};
use tokio_postgres::{Client, types::Type};

use super::{
    SourceTable,
    relation::{Parameter, Relation, TREE, query},
    table::quoted,
};

/// Pages with rows that a sample should have, where there is no histogram to go by, and the most
/// that are looked through for them.
const SAMPLE_PAGES: f64 = 100.0;
const MOST_PAGES: f64 = 2000.0;

/// How many of a table's rows may have been written since ANALYZE before its histogram is
/// passed over. Beyond that it errs as much as a sample does: appended rows all lie in the last
/// chunk.
const STALE: f64 = 0.05;

/// With fewer rows than this a sample of a filtered table says less than the histogram of the
/// whole.
const FEW: i64 = 50;

/// The longest text at which keys are cut, in bytes: a message holds two, in under 1 KB.
const LONGEST_CUT: usize = 128;

/// Bounds of ranges with equally many rows, as ANALYZE found them, unless they are stale.
///
/// What is written to a partition is counted there, and autovacuum, which analyses partitions but
/// not what they are parts of, sets that to zero; then the partition may have got all of its rows
/// since. So it may if the partitions now have more or fewer rows than they had together.
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
               ) AS unknown
        FROM tree JOIN pg_class c USING (oid) CROSS JOIN root
    )
    SELECT s.histogram_bounds::text::text[]
    FROM root
    CROSS JOIN parts
    JOIN pg_namespace n ON n.oid = root.relnamespace
    JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = root.relname
    WHERE s.attname = $2
      AND parts.written + coalesce(parts.unknown, 0)
          + CASE root.relkind WHEN 'p' THEN abs(parts.rows - root.reltuples) ELSE 0 END
          <= $3 * parts.rows
    ORDER BY s.inherited DESC
    LIMIT 1";

/// The pages of a table and all that inherit from it.
const PAGES: &str = "
    SELECT (sum(pg_relation_size(oid)) / current_setting('block_size')::int8)::int8 FROM tree";

/// Cuts a source by its keys.
///
/// # Errors
/// [`Error::Invalid`] if none is configured, [`Error::Misconfigured`] if it cannot be cut by it.
pub(super) async fn plan(
    client: &Client,
    source: &SourceTable,
    relation: Relation,
    chunks: ChunkCount,
) -> Result<Plan> {
    match (&source.key, relation.key) {
        (Some(key), Some(KeyKind::Integer)) => {
            integers(client, source, relation, key, chunks).await
        }
        (Some(key), Some(KeyKind::Text)) => texts(client, source, relation, key, chunks).await,
        _ => Err(Error::Invalid(format!(
            "table {} has no key configured, so it can only be read by its blocks, with \
             consistency \"snapshot\"",
            source.table
        ))),
    }
}

async fn integers(
    client: &Client,
    source: &SourceTable,
    relation: Relation,
    key: &str,
    chunks: ChunkCount,
) -> Result<Plan> {
    // Asked together, so that they take one round trip.
    let ends = ends(client, source, key);
    let quantiles = quantiles(client, source, relation, key, chunks);
    let (ends, quantiles) = try_join(ends, quantiles).await?;
    let Some((min, max)) = ends else { return Ok(Plan::empty()) };
    let unread = |_| Error::Misconfigured(format!("the histogram of {} is odd", source.table));
    let quantiles = quantiles.iter().map(|key| key.parse()).collect::<Result<_, _>>();
    let statistics = KeyStatistics { min, max, quantiles: quantiles.map_err(unread)? };
    let plan = Plan::of_keys(&statistics, chunks);
    // Then a row without a key would be found, which Postgres has not ruled out.
    Ok(if source.trusted_key { plan.with_open_ends() } else { plan })
}

async fn texts(
    client: &Client,
    source: &SourceTable,
    relation: Relation,
    key: &str,
    chunks: ChunkCount,
) -> Result<Plan> {
    if !relation.kind.is_stored() {
        return Err(Error::Misconfigured(format!(
            "{} is not a table of this database, so there are no statistics to cut it by: its key \
             {key:?} must be an integer",
            source.table
        )));
    }
    let sql = format!("SELECT EXISTS (SELECT FROM {})", source.table);
    if !query(client, &sql, &[]).await?[0].get::<_, bool>(0) {
        return Ok(Plan::empty());
    }
    let quantiles = quantiles(client, source, relation, key, chunks).await?;
    let short: Vec<String> = quantiles.into_iter().filter(|key| key.len() <= LONGEST_CUT).collect();
    Ok(Plan::of_texts(&short, chunks))
}

/// The smallest and the largest key, from the ends of the index. The filter is left out, for the
/// first row that meets it may lie far from the end.
async fn ends(client: &Client, source: &SourceTable, key: &str) -> Result<Option<(i64, i64)>> {
    let (key, table) = (quoted(key), &source.table);
    let sql = format!("SELECT min({key})::int8, max({key})::int8 FROM {table}");
    let rows = query(client, &sql, &[]).await?;
    let min: Option<i64> = rows[0].get(0);
    let max: Option<i64> = rows[0].get(1);
    Ok(min.zip(max))
}

/// Keys with equally many rows between them, in the database's order; none if nothing is known.
async fn quantiles(
    client: &Client,
    source: &SourceTable,
    relation: Relation,
    key: &str,
    chunks: ChunkCount,
) -> Result<Vec<String>> {
    if !relation.kind.is_stored() {
        return Ok(Vec::new());
    }
    // A histogram knows nothing of the filter.
    if source.filter.is_some() {
        let (rows, sampled) = sample(client, source, key, chunks).await?;
        return Ok(match histogram(client, source, key).await? {
            Some(bounds) if rows < FEW => bounds,
            _ => sampled,
        });
    }
    match histogram(client, source, key).await? {
        Some(bounds) => Ok(bounds),
        None => Ok(sample(client, source, key, chunks).await?.1),
    }
}

async fn histogram(
    client: &Client,
    source: &SourceTable,
    key: &str,
) -> Result<Option<Vec<String>>> {
    let table = source.table.to_string();
    let parameters: [Parameter<'_>; 3] =
        [(&table, Type::TEXT), (&key, Type::TEXT), (&STALE, Type::FLOAT8)];
    let rows = query(client, &format!("{TREE} {HISTOGRAM}"), &parameters).await?;
    Ok(rows.first().and_then(|row| row.get(0)))
}

/// How many rows there are on some pages, and hundredths of their keys or finer.
///
/// Rows on one page often have keys side by side, so what counts is on how many pages rows are
/// found. If a filter or deleted rows leave few, more pages are looked through.
async fn sample(
    client: &Client,
    source: &SourceTable,
    key: &str,
    chunks: ChunkCount,
) -> Result<(i64, Vec<String>)> {
    let name = source.table.to_string();
    let sql = format!("{TREE} {PAGES}");
    let pages: i64 = query(client, &sql, &[(&name, Type::TEXT)]).await?[0].get(0);
    let pages = pages.max(1) as f64;
    let (rows, found_on, keys) =
        sample_of(client, source, key, chunks, SAMPLE_PAGES / pages).await?;
    if pages <= SAMPLE_PAGES || found_on > SAMPLE_PAGES / 2.0 {
        return Ok((rows, keys));
    }
    let wanted = SAMPLE_PAGES * (SAMPLE_PAGES / found_on.max(1.0)).min(MOST_PAGES / SAMPLE_PAGES);
    let (rows, _, keys) = sample_of(client, source, key, chunks, wanted / pages).await?;
    Ok((rows, keys))
}

/// The same of a part of the pages, and on how many of those rows were found.
async fn sample_of(
    client: &Client,
    source: &SourceTable,
    key: &str,
    chunks: ChunkCount,
    part: f64,
) -> Result<(i64, f64, Vec<String>)> {
    let (key, table, filter) = (quoted(key), &source.table, source.wherever());
    let percent = (100.0 * part).min(100.0);
    let parts = i32::from(chunks.get()).clamp(25, 500) * 4;
    // A ctid, (block, row), reads as a point.
    let sql = format!(
        "SELECT count(*),
                count(DISTINCT (tableoid::int8 << 32) + (ctid::text::point)[0]::int8)::float8,
                percentile_disc(ARRAY(SELECT n / $2::float8 FROM generate_series(0, $2::int4) n))
                    WITHIN GROUP (ORDER BY {key})::text[]
         FROM {table} TABLESAMPLE SYSTEM ($1){filter}"
    );
    let parameters: [Parameter<'_>; 2] = [(&percent, Type::FLOAT8), (&parts, Type::INT4)];
    let rows = query(client, &sql, &parameters).await?;
    let keys = rows[0].get::<_, Option<_>>(2).unwrap_or_default();
    Ok((rows[0].get(0), rows[0].get(1), keys))
}
