//! What wants a table for itself while jobs read it.

use std::time::{Duration, Instant};

use pgfold_core::{Error, Source};
use pgfold_tests::{TestSchema, connect};
use tokio::task::JoinHandle;

use crate::postgres::{
    chunks::{plan, points, schema, source, trusted, until_closed},
    hold::{attach, filled, hold, rows, until_locks},
};

/// Those that put other rows in the place of the table's, which older snapshots do not see.
const REPLACEMENTS: [&str; 4] = [
    "TRUNCATE points",
    "VACUUM FULL points",
    "ALTER TABLE points ALTER x1 TYPE NUMERIC",
    "CLUSTER points USING points_id_key",
];

/// A statement that is under way, and waits for a lock on `points`.
async fn waiting(schema: &TestSchema, sql: &'static str) -> JoinHandle<()> {
    let client = connect(&schema.database()).await;
    let statement = tokio::spawn(async move {
        client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    });
    until_locks(schema, "NOT granted AND mode = 'AccessExclusiveLock'", 1).await;
    assert!(!statement.is_finished());
    statement
}

#[tokio::test]
async fn nothing_replaces_a_table_while_its_snapshot_is_held() {
    for sql in REPLACEMENTS {
        let schema = filled().await;
        let (_, held) = hold(&points(&schema)).await.unwrap();
        let statement = waiting(&schema, sql).await;
        held.release().await.unwrap();
        statement.await.unwrap();
    }
}

#[tokio::test]
async fn nothing_replaces_a_table_until_those_have_read_it_who_are_attached() {
    for sql in REPLACEMENTS {
        let schema = filled().await;
        let source = points(&schema);
        let (planned, held) = hold(&source).await.unwrap();
        let readings = attach(&source, &planned, held.id()).await;
        held.release().await.unwrap();
        let statement = waiting(&schema, sql).await;
        assert_eq!(rows(&planned, readings).await, 10_000, "{sql}");
        statement.await.unwrap();
    }
}

#[tokio::test]
async fn nobody_begins_at_a_snapshot_after_the_table_was_replaced() {
    // A reader queues behind the statement, which queues behind the holder of the snapshot.
    let materialized = "CREATE TABLE stored (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
                        INSERT INTO stored SELECT g, 0, 0, g, g FROM generate_series(1, 999) g;
                        CREATE MATERIALIZED VIEW points AS SELECT * FROM stored;
                        DELETE FROM stored WHERE id > 1";
    let refresh = (Some(materialized), "REFRESH MATERIALIZED VIEW points");
    for (table, sql) in REPLACEMENTS.map(|sql| (None, sql)).into_iter().chain([refresh]) {
        let schema = match table {
            None => filled().await,
            Some(table) => schema(table).await,
        };
        let source = source(&schema, trusted());
        let (_, held) = hold(&source).await.unwrap();
        let statement = waiting(&schema, sql).await;
        let id = held.id().clone();
        let mut late = std::pin::pin!(source.begin(Some(&id)));
        tokio::select! {
            begun = &mut late => panic!("{:?} did not wait", begun.map(drop)),
            () = until_locks(&schema, "NOT granted", 2) => {}
        }
        held.release().await.unwrap();
        statement.await.unwrap();
        let begun = late.await.map(drop);
        until_closed().await;
        assert!(
            matches!(&begun, Err(Error::SnapshotGone(gone)) if *gone == id),
            "{sql}: {begun:?}"
        );
    }
}

#[tokio::test]
async fn a_table_that_is_locked_is_no_reason_to_hang() {
    // As VACUUM FULL does.
    let schema = filled().await;
    let source = points(&schema);
    let locker = connect(&schema.database()).await;
    locker.batch_execute("BEGIN; LOCK TABLE points").await.unwrap();
    for held in [false, true] {
        let started = Instant::now();
        let error = match held {
            false => plan(&source, 4).await.map(drop),
            true => hold(&source).await.map(drop),
        };
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Unavailable { service: "postgres", .. }), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
    // Nor does a backend go on waiting for a caller that is gone.
    until_locks(&schema, "NOT granted", 0).await;
    locker.batch_execute("COMMIT").await.unwrap();
    plan(&source, 4).await.unwrap();
    hold(&source).await.unwrap().1.release().await.unwrap();
}
