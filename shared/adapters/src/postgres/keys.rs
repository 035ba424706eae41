//! Cutting a source by its keys, without reading it.

use pgfold_core::{ChunkCount, Error, KeyStatistics, Plan, Result};
use tokio_postgres::{Client, types::Type};

use super::{
    SourceTable,
    relation::{KeyKind, Kind, Parameter, Relation, query},
    table::quoted,
};

/// Pages of the sample that is taken where there is no histogram to go by.
const SAMPLE_PAGES: f64 = 100.0;

/// How many of a table's rows may have been written since ANALYZE before its histogram is
/// passed over. Beyond that it errs as much as a sample does: appended rows all lie in the last
/// chunk.
const STALE: f64 = 0.05;

/// With fewer rows than this a sample of a filtered table says less than the histogram of the
/// whole.
const FEW: i64 = 400;

/// The longest text at which keys are cut, in bytes: a message holds two, in under 1 KB.
const LONGEST_CUT: usize = 128;

/// Bounds of ranges with equally many rows, as ANALYZE found them, unless they are stale.
const HISTOGRAM: &str = "
    SELECT s.histogram_bounds::text::text[]
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
    let Some((min, max)) = ends(client, source, key).await? else { return Ok(Plan::empty()) };
    let quantiles = quantiles(client, source, relation, key, chunks).await?;
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
    if matches!(relation.kind, Kind::View | Kind::ForeignTable) {
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
    if matches!(relation.kind, Kind::View | Kind::ForeignTable) {
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
    let rows = query(client, HISTOGRAM, &parameters).await?;
    Ok(rows.first().and_then(|row| row.get(0)))
}

/// How many rows there are on some pages, and hundredths of their keys or finer.
async fn sample(
    client: &Client,
    source: &SourceTable,
    key: &str,
    chunks: ChunkCount,
) -> Result<(i64, Vec<String>)> {
    let (key, table, filter) = (quoted(key), &source.table, source.wherever([]));
    let name = table.to_string();
    let pages: i64 = query(client, PAGES, &[(&name, Type::TEXT)]).await?[0].get(0);
    let percent = (100.0 * SAMPLE_PAGES / (pages.max(1) as f64)).min(100.0);
    let parts = i32::from(chunks.get()).clamp(25, 500) * 4;
    let sql = format!(
        "SELECT count(*),
                percentile_disc(ARRAY(SELECT n / $2::float8 FROM generate_series(0, $2::int4) n))
                    WITHIN GROUP (ORDER BY {key})::text[]
         FROM {table} TABLESAMPLE SYSTEM ($1){filter}"
    );
    let parameters: [Parameter<'_>; 2] = [(&percent, Type::FLOAT8), (&parts, Type::INT4)];
    let rows = query(client, &sql, &parameters).await?;
    Ok((rows[0].get(0), rows[0].get::<_, Option<_>>(1).unwrap_or_default()))
}
