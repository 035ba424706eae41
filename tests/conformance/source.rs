//! The promises of a source.

use std::{fmt::Write, time::Duration};

use async_trait::async_trait;
use pgfold_adapters::{PostgresSource, SourceTable, config::DatabaseConfig, memory::MemorySource};
use pgfold_core::{
    ChunkCount, Error, KeyRange, Plan, Result, RowBatch, Source,
    kernel::{ChunkFold, FoldedChunk},
};
use pgfold_tests::TestSchema;

const COLUMNS: [&str; 2] = ["x", "y"];

type TableRow = (i64, [Option<f64>; 2]);

/// A backend of which tests make tables.
#[async_trait]
pub(crate) trait Backend: Sync {
    /// A table with these rows.
    async fn table(&self, rows: &[TableRow]) -> Table;
}

/// A source, and what goes away with it.
pub(crate) struct Table {
    source: Box<dyn Source>,
    _schema: Option<TestSchema>,
}

pub(crate) struct Memory;

#[async_trait]
impl Backend for Memory {
    async fn table(&self, rows: &[TableRow]) -> Table {
        let rows = rows.iter().map(|(key, values)| (*key, values.to_vec()));
        Table { source: Box::new(MemorySource::new(2, rows)), _schema: None }
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
        let schema = TestSchema::new(&sql).await;
        let source = PostgresSource::new(DatabaseConfig {
            connection: schema.database(),
            table: SourceTable::new("pairs", "id", COLUMNS),
            read_timeout: Duration::from_secs(10),
        });
        Table { source: Box::new(source), _schema: Some(schema) }
    }
}

/// Keeps the rows instead of folding them, each value by its bits.
#[derive(Default)]
struct Collect(Vec<(i64, Vec<Option<u64>>)>);

impl ChunkFold for Collect {
    fn fold(&mut self, batch: &RowBatch) {
        let bits = |value: &Option<f64>| value.map(f64::to_bits);
        self.0.extend(batch.rows().map(|row| (row.key, row.values.iter().map(bits).collect())));
    }

    fn finish(self: Box<Self>) -> Result<FoldedChunk> {
        unreachable!("the tests look at the rows")
    }
}

async fn read(table: &Table, range: KeyRange) -> Vec<(i64, Vec<Option<u64>>)> {
    let mut rows = Collect::default();
    table.source.read(range, &COLUMNS, &mut rows).await.unwrap();
    rows.0.sort_unstable();
    rows.0
}

fn expected(rows: &[TableRow]) -> Vec<(i64, Vec<Option<u64>>)> {
    rows.iter()
        .map(|(key, values)| (*key, values.map(|value| value.map(f64::to_bits)).to_vec()))
        .collect()
}

/// Rows with these keys, which ascend.
fn rows(keys: impl Iterator<Item = i64>) -> Vec<TableRow> {
    keys.map(|key| (key, [Some(key as f64), Some(0.5)])).collect()
}

const EVERYTHING: (i64, Option<i64>) = (i64::MIN, None);

fn range((start, end): (i64, Option<i64>)) -> KeyRange {
    KeyRange::new(start, end).unwrap()
}

pub(crate) async fn an_empty_table_has_no_statistics(backend: &dyn Backend) {
    let table = backend.table(&[]).await;
    assert_eq!(table.source.statistics(&COLUMNS).await.unwrap(), None);
    assert_eq!(read(&table, range(EVERYTHING)).await, []);
}

pub(crate) async fn the_ends_are_exact(backend: &dyn Backend) {
    for keys in [vec![7], vec![-5, 3], vec![i64::MIN, 0, i64::MAX]] {
        let table = backend.table(&rows(keys.iter().copied())).await;
        let statistics = table.source.statistics(&COLUMNS).await.unwrap().unwrap();
        assert_eq!(Some(&statistics.min), keys.first());
        assert_eq!(Some(&statistics.max), keys.last());
    }
}

pub(crate) async fn quantiles_ascend_between_the_ends(backend: &dyn Backend) {
    let table = backend.table(&rows((0..500).map(|key| key * key))).await;
    let statistics = table.source.statistics(&COLUMNS).await.unwrap().unwrap();
    assert!(statistics.quantiles.is_sorted(), "{statistics:?}");
    assert!(statistics.quantiles.len() > 2, "{statistics:?}");
    let middle = statistics.quantiles[statistics.quantiles.len() / 2];
    assert!((240 * 240..260 * 260).contains(&middle), "{middle} is not the middle key");
}

pub(crate) async fn chunks_together_read_every_row_once(backend: &dyn Backend) {
    // More rows than a batch holds, with gaps.
    let all = rows((-1500..1500).map(|key| key * 3));
    let table = backend.table(&all).await;
    let statistics = table.source.statistics(&COLUMNS).await.unwrap();
    for chunks in [1, 4, 7] {
        let plan = Plan::new(statistics.as_ref(), ChunkCount::new(chunks).unwrap());
        let mut found = Vec::new();
        for (_, range) in plan.chunks() {
            found.extend(read(&table, range).await);
        }
        assert_eq!(found, expected(&all), "{chunks} chunks");
    }
}

pub(crate) async fn a_range_without_rows_is_empty(backend: &dyn Backend) {
    let table = backend.table(&rows([1, 2, 100].into_iter())).await;
    assert_eq!(read(&table, range((3, Some(100)))).await, []);
    assert_eq!(read(&table, range((101, None))).await, []);
    assert_eq!(read(&table, range((2, Some(101)))).await.len(), 2);
}

pub(crate) async fn values_arrive_as_they_are(backend: &dyn Backend) {
    let values = [
        [None, None],
        [Some(0.1 + 0.2), None],
        [Some(-0.0), Some(f64::NAN)],
        [Some(f64::INFINITY), Some(f64::NEG_INFINITY)],
        [Some(1e300), Some(-1e-300)],
        [Some(f64::MAX), Some(5e-324)],
    ];
    let all: Vec<TableRow> = (1..).zip(values).collect();
    let table = backend.table(&all).await;
    assert_eq!(read(&table, range(EVERYTHING)).await, expected(&all));
}

pub(crate) async fn the_whole_range_of_keys_can_be_read(backend: &dyn Backend) {
    let all = rows([i64::MIN, -1, 0, i64::MAX].into_iter());
    let table = backend.table(&all).await;
    assert_eq!(read(&table, range(EVERYTHING)).await, expected(&all));
    assert_eq!(read(&table, range((i64::MIN, Some(0)))).await.len(), 2);
    assert_eq!(read(&table, range((i64::MAX, None))).await.len(), 1);
}

pub(crate) async fn rows_of_one_instant_have_one_name(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let name = async |start| {
        let mut rows = Collect::default();
        let range = range((start, Some(start + 5)));
        table.source.read(range, &COLUMNS, &mut rows).await.unwrap()
    };
    let first = name(0).await;
    assert!(!first.is_empty());
    // Other tests write to the database meanwhile, each moving it on to the next instant, so
    // two readings may well differ; but not for ever.
    for _ in 0..200 {
        if name(0).await == name(5).await {
            return;
        }
    }
    panic!("no two readings ever saw the same instant, as {first:?} was one");
}

pub(crate) async fn another_number_of_columns_is_misconfigured(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let wanted = ["x1", "y1", "x2", "y2"];
    let statistics = table.source.statistics(&wanted).await.map(drop);
    let mut rows = Collect::default();
    let read = table.source.read(range(EVERYTHING), &wanted, &mut rows).await.map(drop);
    for result in [statistics, read] {
        assert!(
            matches!(&result, Err(Error::Misconfigured(why)) if why.contains("x1, y1, x2, y2")),
            "{result:?}"
        );
    }
}
