//! Rows are read as they are.

use pgfold_core::{FoldRows, Nulls, Projection, Result, RowBatch};
use pgfold_tests::numbers;

use super::{Backend, COLUMNS, TableRow, expected, keys, read, rows};

pub(crate) async fn a_range_without_rows_is_empty(backend: &dyn Backend) {
    let table = backend.table(&rows([1, 2, 100].into_iter())).await;
    assert_eq!(table.read(&keys(3, 100)).await, []);
    assert_eq!(table.read(&keys(101, None)).await, []);
    assert_eq!(table.read(&keys(None, 1)).await, []);
    assert_eq!(table.read(&keys(2, 101)).await.len(), 2);
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
    assert_eq!(table.read(&keys(1, None)).await, expected(&all));
    let (plan, held) = table.hold(1).await;
    let (_, blocks) = plan.chunks().next().unwrap();
    let reading = table.begin(Some(held.id())).await;
    assert_eq!(read(reading, &blocks).await, expected(&all));
}

/// Keeps numbers; only whether one is NULL matters.
struct Whole(Vec<Option<[u64; 2]>>);

impl FoldRows for Whole {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        batch.for_each(|_, row: Option<[f64; 2]>| self.0.push(row.map(|row| row.map(f64::to_bits))))
    }
}

pub(crate) async fn numbers_arrive_as_they_are_or_as_a_null(backend: &dyn Backend) {
    let values = [
        [Some(0.1 + 0.2), Some(-0.0)],
        [None, Some(1.0)],
        [Some(1.0), None],
        [Some(f64::NAN), Some(f64::NEG_INFINITY)],
        [Some(f64::MAX), Some(5e-324)],
    ];
    let all: Vec<TableRow> = (1..).zip(values).collect();
    let table = backend.table(&all).await;
    let projection = Projection { nulls: Nulls::PerRow, ..numbers(&COLUMNS) };
    let mut rows = Whole(Vec::new());
    table.begin(None).await.read(&keys(1, None), &projection, &mut rows).await.unwrap();
    let expected = values.map(|[x, y]| Some([x?.to_bits(), y?.to_bits()]));
    rows.0.sort_unstable();
    let mut sorted = expected.to_vec();
    sorted.sort_unstable();
    assert_eq!(rows.0, sorted);
}

pub(crate) async fn the_whole_range_of_keys_can_be_read(backend: &dyn Backend) {
    let all = rows([i64::MIN, -1, 0, i64::MAX].into_iter());
    let table = backend.table(&all).await;
    for everything in [keys(None, None), keys(i64::MIN, None)] {
        assert_eq!(table.read(&everything).await, expected(&all), "{everything}");
    }
    assert_eq!(table.read(&keys(i64::MIN, 0)).await.len(), 2);
    assert_eq!(table.read(&keys(None, 0)).await.len(), 2);
    assert_eq!(table.read(&keys(i64::MAX, None)).await.len(), 1);
}

pub(crate) async fn rows_of_one_instant_have_one_name(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let name = async || table.begin(None).await.snapshot().to_owned();
    let first = name().await;
    assert!((1..=64).contains(&first.chars().count()), "{first:?}");
    // Other tests write to the database meanwhile, each moving it on to the next instant, so
    // two readings may well differ; but not for ever.
    for _ in 0..200 {
        if name().await == name().await {
            return;
        }
    }
    panic!("no two readings ever saw the same instant, as {first:?} was one");
}
