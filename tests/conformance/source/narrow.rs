//! Rows that matter are handed over, and all are counted.

use pgfold_core::{
    RowCount,
    kernel::{Expression, Measure},
};
use pgfold_tests::numbers;

use super::{Backend, COLUMNS, Collect, TableRow, keys};

/// How far `x` is from zero; a row with twice the least may matter.
fn from_zero() -> Measure {
    Measure { number: Expression::Column(0).abs(), reach: 2.0 }
}

pub(crate) async fn rows_that_matter_are_handed_over_and_all_are_counted(backend: &dyn Backend) {
    let x = [Some(7.0), Some(-3.0), None, Some(5.9), Some(6.0), Some(f64::NAN), Some(1e300)];
    let all: Vec<TableRow> = (1..).zip(x.map(|x| [x, Some(0.5)])).collect();
    let table = backend.table(&all).await;
    let everything = keys(1, None);
    let (plan, held) = table.hold(1).await;
    let (_, blocks) = plan.chunks().next().unwrap();
    for (range, snapshot) in [(&everything, None), (&blocks, Some(held.id()))] {
        let mut rows = Collect::default();
        let reading = table.begin(snapshot).await;
        let narrowed = reading.narrow(range, &numbers(&COLUMNS), from_zero(), &mut rows).await;
        let keys: Vec<i64> = rows.0.iter().map(|(key, _)| *key).collect();
        for near in [2, 4, 5] {
            assert!(keys.contains(&near), "{near} is not among {keys:?}");
        }
        match narrowed.unwrap().1 {
            Some(count) => assert_eq!(count, RowCount { rows: 7, skipped: 2 }),
            None => assert_eq!(keys.len(), 7, "the fold is to count"),
        }
    }
}
