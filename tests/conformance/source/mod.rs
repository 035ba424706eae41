//! The promises of a source.

mod aggregate;
mod descriptions;
mod filters;
mod groups;
mod narrow;
mod plans;
mod rows;
mod snapshots;
mod typed;

use std::{fmt::Write, time::Duration};

use async_trait::async_trait;
use pgfold_adapters::{PostgresSource, SourceTable, memory::MemorySource};
use pgfold_core::{
    ChunkCount, ChunkRange, FoldRows, HeldSnapshot, KeyRange, KeyRef, Plan, Planned, Reading,
    Result, RowBatch, SnapshotId, Source,
};
use pgfold_tests::{TestSchema, numbers};

pub(crate) use aggregate::*;
pub(crate) use descriptions::*;
pub(crate) use filters::*;
pub(crate) use groups::*;
pub(crate) use narrow::*;
pub(crate) use plans::*;
pub(crate) use rows::*;
pub(crate) use snapshots::*;
use typed::Typed;

const COLUMNS: [&str; 2] = ["x", "y"];

/// Columns that these tables have not.
const OTHER_COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

/// For how long snapshots are held here at most; none is held that long.
const LIMIT: Duration = Duration::from_secs(60);

type TableRow = (i64, [Option<f64>; 2]);

/// A row that was read, each value by its bits.
type RowRead = (i64, Vec<Option<u64>>);

/// A backend in which tests create tables.
#[async_trait]
pub(crate) trait Backend: Sync {
    /// A table with these rows.
    async fn table(&self, rows: &[TableRow]) -> Table;

    /// A table with these rows of several types.
    async fn typed(&self, rows: &[Typed]) -> Table;
}

/// A source, and what goes away with it.
pub(crate) struct Table {
    source: Box<dyn Source>,
    schema: Option<TestSchema>,
}

pub(crate) struct Memory;

#[async_trait]
impl Backend for Memory {
    async fn table(&self, rows: &[TableRow]) -> Table {
        let rows = rows.iter().map(|(key, values)| (*key, values.to_vec()));
        Table { source: Box::new(MemorySource::new(&COLUMNS, rows)), schema: None }
    }

    async fn typed(&self, rows: &[Typed]) -> Table {
        let rows = rows.iter().map(|row| (row.key, row.cells()));
        Table { source: Box::new(MemorySource::new(&typed::COLUMNS, rows)), schema: None }
    }
}

pub(crate) struct Postgres;

#[async_trait]
impl Backend for Postgres {
    async fn table(&self, rows: &[TableRow]) -> Table {
        let mut sql = "CREATE TABLE pairs (id BIGINT PRIMARY KEY, x FLOAT, y FLOAT);".to_owned();
        for (key, values) in rows {
            let [x, y] = values.map(|value| match value {
                Some(value) => format!("'{value:e}'"),
                None => "NULL".to_owned(),
            });
            write!(sql, "INSERT INTO pairs VALUES ({key}, {x}, {y});").unwrap();
        }
        sql.push_str("ANALYZE pairs");
        Self::source(&sql, SourceTable::new("pairs", "id", COLUMNS).unwrap()).await
    }

    async fn typed(&self, rows: &[Typed]) -> Table {
        let table = SourceTable::new("typed", "id", typed::COLUMNS).unwrap();
        Self::source(&typed::sql(rows), table).await
    }
}

impl Postgres {
    async fn source(sql: &str, table: SourceTable) -> Table {
        let schema = TestSchema::new(sql).await;
        let source = PostgresSource::new(schema.database(), table, Duration::from_secs(10));
        Table { source: Box::new(source), schema: Some(schema) }
    }
}

impl Table {
    async fn planned(&self, chunks: u64) -> Planned {
        self.source.plan(ChunkCount::new(chunks).unwrap(), &numbers(&COLUMNS)).await.unwrap()
    }

    async fn hold(&self, chunks: u64) -> (Plan, Box<dyn HeldSnapshot>) {
        let chunks = ChunkCount::new(chunks).unwrap();
        let (planned, held) = self.source.hold(chunks, &numbers(&COLUMNS), LIMIT).await.unwrap();
        (planned.plan, held)
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Box<dyn Reading> {
        self.source.begin(snapshot).await.unwrap()
    }

    /// The rows of a chunk as they are now, by their keys.
    async fn read(&self, range: &ChunkRange) -> Vec<RowRead> {
        read(self.begin(None).await, range).await
    }
}

/// The rows of a chunk, by their keys.
async fn read(reading: Box<dyn Reading>, range: &ChunkRange) -> Vec<RowRead> {
    let mut rows = Collect::default();
    reading.read(range, &numbers(&COLUMNS), &mut rows).await.unwrap();
    rows.0.sort_unstable();
    rows.0
}

/// Keeps the rows instead of folding them.
#[derive(Default)]
struct Collect(Vec<RowRead>);

impl FoldRows for Collect {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        // So that memory does not grow with the rows.
        let bytes = batch.byte_len();
        assert!(bytes <= 1 << 20, "{bytes} bytes at once");
        batch.for_each(|key, values: [Option<f64>; 2]| {
            let KeyRef::Integer(key) = key else { panic!("{key:?} is no integer") };
            self.0.push((key, values.map(|value| value.map(f64::to_bits)).to_vec()));
        })
    }
}

/// Rows as they are read.
fn expected(rows: &[TableRow]) -> Vec<RowRead> {
    rows.iter()
        .map(|(key, values)| (*key, values.map(|value| value.map(f64::to_bits)).to_vec()))
        .collect()
}

/// Rows with these keys, which ascend.
fn rows(keys: impl Iterator<Item = i64>) -> Vec<TableRow> {
    keys.map(|key| (key, [Some(key as f64), Some(0.5)])).collect()
}

/// The chunk of the keys from `start` up to but not including `end`.
fn keys(start: impl Into<Option<i64>>, end: impl Into<Option<i64>>) -> ChunkRange {
    let [start, end] = [start.into(), end.into()].map(|key| key.map(Into::into));
    KeyRange::new(start, end).unwrap().into()
}
