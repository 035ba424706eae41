//! An instant is held for others to read at.

use std::time::{Duration, Instant};

use pgfold_core::{ChunkCount, Error, Plan, SnapshotId};
use pgfold_tests::numbers;

use super::{
    Backend, COLUMNS, LIMIT, Postgres, RowRead, Table, TableRow, expected, keys, read, rows,
};

/// How long these tests wait for what may take a moment.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// More rows than a batch holds, and than PostgreSQL has in a block, with gaps.
fn many_rows() -> Vec<TableRow> {
    rows((-1500..1500).map(|key| key * 3))
}

/// The rows of all chunks, read at a snapshot, by their keys.
async fn read_at(table: &Table, plan: &Plan, snapshot: &SnapshotId) -> Vec<RowRead> {
    let mut found = Vec::new();
    for (_, range) in plan.chunks() {
        found.extend(read(table.begin(Some(snapshot)).await, &range).await);
    }
    found.sort_unstable();
    found
}

/// Whether the snapshot is not held any more.
async fn is_gone(table: &Table, snapshot: &SnapshotId) -> bool {
    match table.source.begin(Some(snapshot)).await {
        Ok(_) => false,
        Err(Error::SnapshotGone(gone)) if gone == *snapshot => true,
        Err(error) => panic!("{error:?}"),
    }
}

/// The same after a while.
async fn is_gone_soon(table: &Table, snapshot: &SnapshotId) -> bool {
    let deadline = Instant::now() + LONGEST_WAIT;
    while Instant::now() < deadline {
        if is_gone(table, snapshot).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

pub(crate) async fn a_snapshot_has_every_row_once(backend: &dyn Backend) {
    let all = many_rows();
    let table = backend.table(&all).await;
    for chunks in [1, 4, 7] {
        let count = ChunkCount::new(chunks).unwrap();
        let held = table.source.hold(count, &numbers(&COLUMNS), LIMIT).await;
        let (planned, held) = held.unwrap();
        assert_eq!(planned.plan.len() as u64, chunks);
        assert!((2700..3300).contains(&planned.estimated_rows), "{planned:?}");
        let found = read_at(&table, &planned.plan, held.id()).await;
        assert_eq!(found, expected(&all), "{chunks} chunks");
        held.release().await.unwrap();
    }
}

pub(crate) async fn an_empty_table_has_a_snapshot(backend: &dyn Backend) {
    let table = backend.table(&[]).await;
    let (plan, held) = table.hold(4).await;
    assert!(plan.is_empty(), "{plan:?}");
    assert_eq!(read(table.begin(Some(held.id())).await, &keys(None, None)).await, []);
    held.release().await.unwrap();
}

pub(crate) async fn readings_at_one_snapshot_have_one_name(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let (_, held) = table.hold(4).await;
    let first = table.begin(Some(held.id())).await.snapshot().to_owned();
    assert!((1..=64).contains(&first.chars().count()), "{first:?}");
    for _ in 0..3 {
        if let Some(schema) = &table.schema {
            schema.execute("INSERT INTO pairs SELECT max(id) + 1 FROM pairs").await;
        }
        assert_eq!(table.begin(Some(held.id())).await.snapshot(), first);
    }
    held.release().await.unwrap();
}

pub(crate) async fn a_reading_goes_on_after_the_release(backend: &dyn Backend) {
    let all = many_rows();
    let table = backend.table(&all).await;
    let (plan, held) = table.hold(4).await;
    let mut readings = Vec::new();
    for (_, range) in plan.chunks() {
        readings.push((table.begin(Some(held.id())).await, range));
    }
    let id = held.id().clone();
    held.release().await.unwrap();
    assert!(is_gone(&table, &id).await);
    let mut found = Vec::new();
    for (reading, range) in readings {
        found.extend(read(reading, &range).await);
    }
    found.sort_unstable();
    assert_eq!(found, expected(&all));
}

pub(crate) async fn nobody_begins_at_a_snapshot_that_is_not_held(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let (_, released) = table.hold(4).await;
    let id = released.id().clone();
    assert!(!is_gone(&table, &id).await);
    released.release().await.unwrap();
    assert!(is_gone(&table, &id).await);

    let (_, dropped) = table.hold(4).await;
    let id = dropped.id().clone();
    assert!(!is_gone(&table, &id).await);
    drop(dropped);
    assert!(is_gone_soon(&table, &id).await);

    for never in ["00000003-0000001B-1", "never"] {
        assert!(is_gone(&table, &SnapshotId::new(never).unwrap()).await);
    }
    // The table can be read as before.
    assert_eq!(table.read(&keys(0, 10)).await.len(), 10);
}

pub(crate) async fn snapshots_are_held_one_beside_the_other(backend: &dyn Backend) {
    let table = backend.table(&rows(0..10)).await;
    let ((_, one), (plan, other)) = (table.hold(4).await, table.hold(4).await);
    assert_ne!(one.id(), other.id());
    one.release().await.unwrap();
    assert_eq!(read_at(&table, &plan, other.id()).await.len(), 10);
    other.release().await.unwrap();
}

/// Of PostgreSQL alone, for the others never change.
pub(crate) async fn what_is_written_later_is_not_seen(postgres: &Postgres) {
    let all = many_rows();
    let table = postgres.table(&all).await;
    let schema = table.schema.as_ref().unwrap();
    let (plan, held) = table.hold(4).await;
    schema.execute("INSERT INTO pairs SELECT g, 0, 0 FROM generate_series(100000, 110000) g").await;
    schema.execute("DELETE FROM pairs WHERE id BETWEEN -1000 AND 1000").await;
    schema.execute("UPDATE pairs SET x = 7 WHERE id > 1000").await;
    schema.execute("VACUUM pairs").await;
    let mut readings = Vec::new();
    for (_, range) in plan.chunks() {
        readings.push((table.begin(Some(held.id())).await, range));
    }
    held.release().await.unwrap();
    // Nor does what those leave who are not bound to the snapshot.
    schema.execute("DELETE FROM pairs").await;
    schema.execute("VACUUM pairs").await;
    schema.execute(&refused("TRUNCATE pairs")).await;
    let mut found = Vec::new();
    for (reading, range) in readings {
        found.extend(read(reading, &range).await);
    }
    found.sort_unstable();
    assert_eq!(found, expected(&all));
    assert_eq!(table.read(&keys(None, None)).await, []);
    schema.execute("TRUNCATE pairs").await;
}

/// SQL that fails unless `statement` has to wait for a lock.
fn refused(statement: &str) -> String {
    format!(
        "SET lock_timeout = '100ms';
         DO $$ BEGIN {statement}; RAISE 'it did not wait'; EXCEPTION WHEN lock_not_available THEN \
         END $$"
    )
}

/// Of PostgreSQL alone, which others hold a snapshot in.
pub(crate) async fn a_snapshot_is_held_no_longer_than_its_limit(postgres: &Postgres) {
    let table = postgres.table(&rows(0..10)).await;
    let limit = Duration::from_millis(300);
    let held = table.source.hold(ChunkCount::default(), &numbers(&COLUMNS), limit).await;
    let (_, held) = held.unwrap();
    assert!(is_gone_soon(&table, held.id()).await);
}
