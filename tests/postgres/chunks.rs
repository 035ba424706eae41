//! A source that is read chunk by chunk, as the mappers of a job do.

use std::time::Duration;

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{
    ChunkCount, ChunkRange, Consistency, FoldRows, Key, Nulls, Plan, Planned, Projection, Result,
    RowBatch, SnapshotId, Source,
    kernel::{ChunkFold, FoldedChunk, Metric},
};
use pgfold_tests::{TestSchema, connect, min_distance, numbers};
use serde_json::Value;

pub(crate) const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

/// A table that nothing is known about before ANALYZE.
pub(crate) const POINTS: &str = "CREATE TABLE points (
    id SERIAL UNIQUE NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT
) WITH (autovacuum_enabled = off)";

/// How large a chunk of a table that is sampled may be, over the mean. Hundreds of times in a row it
/// is less than 1.6, and then once it is not.
pub(crate) const SAMPLED: f64 = 2.0;

/// Far longer than any test.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The table `points` by its key `id`.
pub(crate) fn by_id() -> SourceTable {
    SourceTable::new("points", "id", COLUMNS).unwrap()
}

/// The same, whose key is trusted.
pub(crate) fn trusted() -> SourceTable {
    SourceTable { trusted_key: true, ..by_id() }
}

/// The same without a key.
pub(crate) fn without_key() -> SourceTable {
    SourceTable { key: None, ..by_id() }
}

pub(crate) fn source(schema: &TestSchema, table: SourceTable) -> PostgresSource {
    PostgresSource::new(schema.database(), table, Duration::from_secs(30))
}

/// The source of the table `points` by its key `id`.
pub(crate) fn points(schema: &TestSchema) -> PostgresSource {
    source(schema, by_id())
}

pub(crate) async fn plan(source: &PostgresSource, chunks: u64) -> Result<Planned> {
    source.plan(ChunkCount::new(chunks).unwrap(), &numbers(source.columns())).await
}

/// PostgreSQL 14 has no such function, and what tells others there looks twice a second.
const FLUSH: &str = "DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        PERFORM pg_stat_force_next_flush();
    ELSE
        PERFORM pg_sleep(1);
    END IF;
END $$";

/// Runs `sql` in the schema, and has the server know at once what that wrote.
pub(crate) async fn execute(schema: &TestSchema, sql: &str) {
    schema.execute(&format!("{sql}; {FLUSH}")).await;
}

/// A schema in which `sql` has been run, as [`execute`] does.
pub(crate) async fn schema(sql: &str) -> TestSchema {
    let schema = TestSchema::new("").await;
    execute(&schema, sql).await;
    schema
}

/// The same, with a table `points` that is analysed after that: not in the same transaction,
/// whose own rows would count as written since.
pub(crate) async fn analysed(sql: &str) -> TestSchema {
    let schema = schema(sql).await;
    execute(&schema, "ANALYZE points").await;
    schema
}

/// The first column of a query's rows, as text as pgfold spells it, ascending.
pub(crate) async fn texts(schema: &TestSchema, sql: &str) -> Vec<String> {
    let client = connect(&schema.database()).await;
    client.batch_execute("SET timezone = 'UTC'; SET datestyle = 'ISO'").await.unwrap();
    let rows = client.query(sql, &[]).await.unwrap();
    let mut texts: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    texts.sort_unstable();
    texts
}

/// What a job read of the chunks of a source.
#[derive(Debug)]
pub(crate) struct Chunks {
    pub(crate) planned: Planned,
    /// The keys of each.
    pub(crate) keys: Vec<Vec<Key>>,
    folded: Vec<FoldedChunk>,
}

/// Reads all chunks of a source, one after the other.
pub(crate) async fn read(
    source: &PostgresSource,
    consistency: Consistency,
    chunks: u64,
) -> Result<Chunks> {
    let read = try_read(source, consistency, chunks).await;
    if read.is_err() {
        until_closed().await;
    }
    read
}

/// Gives connections that were dropped the time to be closed, and with them their locks.
pub(crate) async fn until_closed() {
    tokio::task::yield_now().await;
}

async fn try_read(
    source: &PostgresSource,
    consistency: Consistency,
    chunks: u64,
) -> Result<Chunks> {
    let count = ChunkCount::new(chunks).unwrap();
    let (planned, held) = match consistency {
        Consistency::PerChunk => (source.plan(count, &numbers(source.columns())).await?, None),
        Consistency::Snapshot => {
            let (planned, held) = source.hold(count, &numbers(source.columns()), LIMIT).await?;
            (planned, Some(held))
        }
    };
    let snapshot = held.as_ref().map(|held| held.id().clone());
    let read = read_plan(source, planned, snapshot.as_ref()).await?;
    if let Some(held) = held {
        held.release().await?;
    }
    Ok(read)
}

/// What the kernel reads of a source: of coordinates, whether one is NULL.
pub(crate) fn coordinates(source: &PostgresSource) -> Projection {
    Projection { nulls: Nulls::PerRow, ..numbers(source.columns()) }
}

/// Reads the chunks of a plan.
pub(crate) async fn read_plan(
    source: &PostgresSource,
    planned: Planned,
    snapshot: Option<&SnapshotId>,
) -> Result<Chunks> {
    let kernel = min_distance(Metric::Euclidean).open()?;
    let (mut keys, mut folded) = (Vec::new(), Vec::new());
    for (_, range) in planned.plan.chunks() {
        let mut fold = KeepKeys { keys: Vec::new(), fold: kernel.fold() };
        source.begin(snapshot).await?.read(&range, &coordinates(source), &mut fold).await?;
        keys.push(fold.keys);
        folded.push(fold.fold.finish()?);
    }
    Ok(Chunks { planned, keys, folded })
}

impl Chunks {
    /// All keys, spelled, ascending.
    pub(crate) fn spelled(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.keys.iter().flatten().map(Key::to_string).collect();
        keys.sort_unstable();
        keys
    }

    pub(crate) fn rows(&self) -> u64 {
        self.folded.iter().map(|chunk| chunk.rows).sum()
    }

    /// The largest chunk's rows over the mean's.
    pub(crate) fn imbalance(&self) -> f64 {
        let largest = self.folded.iter().map(|chunk| chunk.rows).max().unwrap_or_default();
        largest as f64 * self.folded.len() as f64 / self.rows() as f64
    }

    /// Checks that there are so many chunks, the largest of at most `most` times the mean.
    pub(crate) fn assert_even(&self, chunks: usize, most: f64) {
        let rows: Vec<u64> = self.folded.iter().map(|chunk| chunk.rows).collect();
        assert_eq!(rows.len(), chunks, "{rows:?}");
        let imbalance = self.imbalance();
        assert!(imbalance <= most, "{imbalance} times the mean: {rows:?}");
    }

    /// Whether the source was cut by its blocks.
    pub(crate) fn are_blocks(&self) -> bool {
        are_blocks(&self.planned.plan)
    }

    /// What the kernel says of all.
    pub(crate) fn answer(&self) -> Value {
        let kernel = min_distance(Metric::Euclidean).open().unwrap();
        kernel.answer(&mut self.folded.iter().map(|chunk| &chunk.partial)).unwrap()
    }
}

fn are_blocks(plan: &Plan) -> bool {
    let blocks = |range| matches!(range, ChunkRange::Blocks(_));
    !plan.is_empty() && plan.chunks().all(|(_, range)| blocks(range))
}

/// Folds, and keeps the keys as well.
struct KeepKeys<'a> {
    keys: Vec<Key>,
    fold: Box<dyn ChunkFold + 'a>,
}

impl FoldRows for KeepKeys<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        batch.for_each(|key, _: Option<[f64; 4]>| {
            self.keys.push(key.to_key());
        })?;
        self.fold.fold(batch)
    }
}
