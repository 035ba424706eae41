//! Jobs over a table that others write to all the while: they insert, delete, move rows and
//! change keys, and vacuum.

mod audit;
mod jobs;
mod table;
mod witness;
mod writers;

use audit::{Audit, per_chunk, snapshots};
use table::{PARTITIONED, Table, WHOLE};
use witness::Begin;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_nobody_touches_are_each_read_once() {
    for (definition, jobs) in [(WHOLE, 20), (PARTITIONED, 10)] {
        per_chunk(&Table::new(definition).await, jobs).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_jobs_of_a_snapshot_each_equal_one_select() {
    let table = Table::new(WHOLE).await;
    let audit = snapshots(&table, 100, Begin::AsAsked).await;
    println!("{audit:?}");
    assert_eq!(audit.differing, 0, "{audit:?}");
    // Were the table always the same, any way to read it would do.
    assert!(audit.answers > 50 && audit.row_counts > 50, "{audit:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_of_a_snapshot_of_partitions_each_equal_one_select() {
    let table = Table::new(PARTITIONED).await;
    let audit = snapshots(&table, 30, Begin::AsAsked).await;
    assert_eq!(audit.differing, 0, "{audit:?}");
    assert!(audit.answers > 10 && audit.row_counts > 10, "{audit:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_miss_their_snapshot_are_caught() {
    // Which the tests above rest on: the same jobs, whose chunks are read at any instant.
    let table = Table::new(WHOLE).await;
    let Audit { differing, .. } = snapshots(&table, 20, Begin::Anyhow).await;
    println!("{differing} of 20 differ");
    assert!(differing > 0);
}
