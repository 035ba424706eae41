//! Pushdown: Postgres itself evaluates every row of a chunk.
//!
//! A first pass counts the rows of each part of the chunk and finds their least measure. A second
//! pass reads only the rows that the kernel needs, from the parts that may have such rows.

use pgfold_core::{BlockRange, ChunkRange, KeyRef, Result, RowBatch, RowCount, kernel::Measure};
use tokio_postgres::types::Type;

use crate::postgres::{
    plan::{
        column::ReadColumn,
        relation::{Relation, query},
    },
    read::{
        measure_sql::sql,
        reading::PostgresReading,
        select::{Query, Statement},
    },
};

/// The number of parts of a chunk. The second pass usually reads one part; each part takes a query.
const PARTS: u16 = 32;

/// The most parts in one statement.
const MOST_AT_ONCE: usize = 64;

/// Returns the present number of blocks of a relation.
const BLOCKS: &str = "
    SELECT (pg_relation_size($1) / current_setting('block_size')::int8)::int8";

/// The rows of a chunk that remain to be folded.
pub(in crate::postgres) struct Narrowed {
    pub(in crate::postgres) queries: Vec<Query>,
    pub(in crate::postgres) count: RowCount,
}

/// The result of the first pass for a part: the number of its rows, and their least measure.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    rows: f64,
    /// The least measure; `None` if no row has a measure.
    least: Option<f64>,
}

impl PostgresReading {
    /// Returns queries for the rows of a chunk that the kernel needs, and the number of the chunk's
    /// rows; `None` if all rows must be folded here.
    ///
    /// # Errors
    /// [`Error::Misconfigured`](pgfold_core::Error::Misconfigured) also if a number is out of
    /// Postgres' range.
    pub(in crate::postgres) async fn narrowed(
        &self,
        range: &ChunkRange,
        relation: &Relation,
        measure: &Measure,
    ) -> Result<Option<Narrowed>> {
        // A row may lack its key, which is detected only if the row is read.
        if self.source.trusted_key {
            return Ok(None);
        }
        let columns: Vec<String> = relation.columns.iter().map(ReadColumn::sql).collect();
        let sql = sql(&measure.number, &columns);
        let parts = self.parts(range, relation).await?;

        // Takes the greatest negated measure, with 1 for NULL. Postgres orders NaN above all
        // numbers, so the result shows whether any row has no measure. Counting such rows, which
        // are usually rare, takes Postgres half as long again.
        let quick = format!("count(*)::float8, -max(coalesce(-({sql}), 1))");
        let mut seen = self.look(&parts, &quick).await?;
        let rows: f64 = seen.iter().map(|part| part.rows).sum();
        let lacks_some =
            |part: &Seen| part.least.is_some_and(|least| least < 0.0 || least.is_nan());
        if seen.iter().any(lacks_some) {
            let measured = format!("FILTER (WHERE {sql} < 'NaN')");
            let exact = format!("(count(*) {measured})::float8, min({sql}) {measured}");
            seen = self.look(&parts, &exact).await?;
        }
        let measured: f64 = seen.iter().map(|part| part.rows).sum();
        let count = RowCount { rows: rows as u64, skipped: (rows - measured) as u64 };

        let least = seen.iter().filter_map(|part| part.least).reduce(f64::min);
        let Some(limit) = least.map(|least| measure.limit(least)) else {
            return Ok(Some(Narrowed { queries: Vec::new(), count }));
        };
        let matters = |part: &Seen| part.least.is_some_and(|least| least <= limit);
        let near = format!("{sql} <= '{limit:?}'::float8");
        let queries = parts.into_iter().zip(&seen).filter(|(_, part)| matters(part));
        let queries = queries.map(|(part, _)| part.only(near.clone())).collect();
        Ok(Some(Narrowed { queries, count }))
    }

    /// Returns the parts of a chunk, as queries for their rows.
    async fn parts(&self, range: &ChunkRange, relation: &Relation) -> Result<Vec<Query>> {
        let parts = match range {
            ChunkRange::Keys(keys) => keys.split(PARTS).into_iter().map(ChunkRange::Keys).collect(),
            ChunkRange::Partition(_) => vec![range.clone()],
            ChunkRange::Blocks(ranges) => {
                let each = PARTS.div_ceil(ranges.len().clamp(1, PARTS.into()) as u16);
                let mut parts: Vec<BlockRange> = Vec::new();
                for range in ranges {
                    let blocks = match range.end() {
                        Some(end) => end,
                        None => self.blocks_of(range.relation()).await?,
                    };
                    parts.extend(range.split(each, blocks));
                }
                vec![ChunkRange::Blocks(parts)]
            }
        };
        let mut queries = Vec::new();
        for part in parts {
            queries.extend(self.queries(&part, relation).await?);
        }
        Ok(queries)
    }

    /// Returns the present number of blocks of a relation.
    async fn blocks_of(&self, relation: u32) -> Result<u32> {
        let found = query(&self.connection, BLOCKS, &[(&relation, Type::OID)]).await?;
        let blocks = found.first().and_then(|row| row.get::<_, Option<i64>>(0));
        Ok(u32::try_from(blocks.unwrap_or_default()).unwrap_or(u32::MAX))
    }

    /// Runs the first pass: returns the count and the least measure of each part. `list` is their
    /// SQL.
    async fn look(&self, parts: &[Query], list: &str) -> Result<Vec<Seen>> {
        let mut seen = vec![Seen::default(); parts.len()];
        let mut take = |batch: RowBatch<'_>| {
            batch.for_each(|part, [rows, least]: [Option<f64>; 2]| {
                let place = match part {
                    KeyRef::Integer(part) => seen.get_mut(part as usize),
                    KeyRef::Text(_) => None,
                };
                if let Some(place) = place {
                    *place = Seen { rows: rows.unwrap_or_default(), least };
                }
            })
        };
        let list = |(at, part): (usize, &Query)| part.of(&format!("{at}, {list}"));
        let looks: Vec<Query> = parts.iter().enumerate().map(list).collect();
        let looks: Vec<Statement> = looks.chunks(MOST_AT_ONCE).map(Statement::of_all).collect();
        self.stream(&looks, &mut take).await?;
        Ok(seen)
    }
}
