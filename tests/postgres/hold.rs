//! Snapshots that are held, and readings that begin at them.

use std::time::{Duration, Instant};

use pgfold_adapters::PostgresSource;
use pgfold_core::{
    ChunkCount, Error, HeldSnapshot, KeyRange, Planned, Reading, Result, SnapshotId, Source,
    kernel::Metric,
};
use pgfold_tests::{TestSchema, connect, min_distance, numbers};

use crate::postgres::chunks::{
    COLUMNS, LIMIT, POINTS, points, schema, source, trusted, without_key,
};

/// Ten thousand rows.
pub(crate) async fn filled() -> TestSchema {
    schema(&format!(
        "{POINTS}; INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 10000) g"
    ))
    .await
}

pub(crate) async fn hold(source: &PostgresSource) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
    source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await
}

/// How many rows the chunks of a plan have, each with its reading.
pub(crate) async fn rows(planned: &Planned, readings: Vec<Box<dyn Reading>>) -> u64 {
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let mut rows = 0;
    for ((_, range), reading) in planned.plan.chunks().zip(readings) {
        let mut fold = kernel.fold();
        reading.read(&range, &numbers(&COLUMNS), &mut *fold).await.unwrap();
        rows += fold.finish().unwrap().rows;
    }
    rows
}

/// A reading for each chunk.
pub(crate) async fn attach(
    source: &PostgresSource,
    planned: &Planned,
    id: &SnapshotId,
) -> Vec<Box<dyn Reading>> {
    let mut readings = Vec::new();
    for _ in planned.plan.chunks() {
        readings.push(source.begin(Some(id)).await.unwrap());
    }
    readings
}

/// How many locks on `points` answer to `condition`.
pub(crate) async fn locks(schema: &TestSchema, condition: &str) -> i64 {
    let client = connect(&schema.database()).await;
    let locks = format!(
        "SELECT count(*) FROM pg_locks WHERE relation = 'points'::regclass AND {condition}"
    );
    client.query_one(&locks, &[]).await.unwrap().get(0)
}

pub(crate) async fn until_locks(schema: &TestSchema, condition: &str, expected: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while locks(schema, condition).await != expected {
        assert!(Instant::now() < deadline, "not {expected} locks that are {condition}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn all_readings_see_the_instant_that_is_held() {
    let schema = filled().await;
    for source in [points(&schema), source(&schema, without_key())] {
        let (planned, held) = hold(&source).await.unwrap();
        assert_eq!(planned.plan.len(), 4);
        let mut readings = Vec::new();
        for part in 0..4 {
            schema
                .execute(&format!(
                    "UPDATE points SET id = id + 100000 WHERE id % 4 = {part};
                     INSERT INTO points SELECT 1000000 + 10000 * {part} + g, 0, 0, g, g
                     FROM generate_series(1, 999) g"
                ))
                .await;
            readings.push(source.begin(Some(held.id())).await.unwrap());
        }
        held.release().await.unwrap();
        // Whoever has begun goes on, whatever becomes of the rows.
        schema.execute("DELETE FROM points").await;
        schema.execute("VACUUM points").await;
        let names: Vec<String> = readings.iter().map(|reading| reading.snapshot().into()).collect();
        assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
        assert_eq!(rows(&planned, readings).await, 10_000);
        schema
            .execute("INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 10000) g")
            .await;
    }
}

#[tokio::test]
async fn a_view_is_read_at_the_instant_that_is_held() {
    let schema = filled().await;
    schema
        .execute("ALTER TABLE points RENAME TO stored; CREATE VIEW points AS SELECT * FROM stored")
        .await;
    let source = source(&schema, trusted());
    let (planned, held) = hold(&source).await.unwrap();
    schema.execute("UPDATE stored SET id = id + 100000").await;
    let readings = attach(&source, &planned, held.id()).await;
    held.release().await.unwrap();
    assert_eq!(rows(&planned, readings).await, 10_000);
}

#[tokio::test]
async fn nobody_begins_at_a_snapshot_that_is_not_held() {
    let schema = filled().await;
    let source = points(&schema);
    let (_, released) = hold(&source).await.unwrap();
    let (_, dropped) = hold(&source).await.unwrap();
    let ids = [released.id().clone(), dropped.id().clone(), SnapshotId::new("never").unwrap()];
    released.release().await.unwrap();
    drop(dropped);
    until_locks(&schema, "granted", 0).await;
    for id in ids {
        let error = source.begin(Some(&id)).await.map(drop).unwrap_err();
        assert!(matches!(&error, Error::SnapshotGone(gone) if *gone == id), "{error:?}");
    }
}

#[tokio::test]
async fn a_snapshot_is_let_go_of_when_it_is_dropped_or_its_time_is_over() {
    let schema = filled().await;
    let source = points(&schema);
    let (_, held) = hold(&source).await.unwrap();
    assert_eq!(locks(&schema, "mode = 'AccessShareLock'").await, 1);
    drop(held);
    until_locks(&schema, "true", 0).await;

    let limit = Duration::from_millis(300);
    let (_, held) = source.hold(ChunkCount::default(), &numbers(&COLUMNS), limit).await.unwrap();
    until_locks(&schema, "true", 0).await;
    let error = source.begin(Some(held.id())).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::SnapshotGone(_)), "{error:?}");
    assert!(held.release().await.is_err());
}

#[tokio::test]
async fn sessions_are_as_before_after_a_snapshot_was_held() {
    let schema = filled().await;
    let source = points(&schema);
    let limit = Duration::from_millis(100);
    let (_, held) = source.hold(ChunkCount::default(), &numbers(&COLUMNS), limit).await.unwrap();
    held.release().await.unwrap();
    // On the same connection, which now may be idle for longer than that.
    let reading = source.begin(None).await.unwrap();
    tokio::time::sleep(limit * 3).await;
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let mut fold = kernel.fold();
    let all = KeyRange::new(Some(1.into()), None).unwrap().into();
    reading.read(&all, &numbers(&COLUMNS), &mut *fold).await.unwrap();
    assert_eq!(fold.finish().unwrap().rows, 10_000);
}
