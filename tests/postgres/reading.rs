//! Readings that take long, are given up, or are large.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use pgfold_adapters::PostgresSource;
use pgfold_core::{ChunkRange, Consistency, Error, KeyRange, Result, Source, kernel::Metric};
use pgfold_tests::{TestSchema, connect, min_distance, numbers};
use serde_json::json;

use crate::postgres::chunks::{COLUMNS, read, source, trusted};

/// Set in a process that runs one test.
const ALONE: &str = "ONE_TEST_ALONE";

/// Every key from 1 on.
fn all() -> ChunkRange {
    KeyRange::new(Some(1.into()), None).unwrap().into()
}

/// Folds all rows; returns how many there are.
async fn read_all(source: &PostgresSource) -> Result<u64> {
    let kernel = min_distance(Metric::Euclidean).open()?;
    let mut fold = kernel.fold();
    source.begin(None).await?.read(&all(), &numbers(&COLUMNS), &mut *fold).await?;
    Ok(fold.finish()?.rows)
}

#[tokio::test]
async fn reading_stops_when_the_read_timeout_is_over() {
    let schema = TestSchema::new(
        "CREATE FUNCTION slow() RETURNS FLOAT LANGUAGE sql AS 'SELECT 0.0 FROM pg_sleep(0.05)';
         CREATE VIEW points AS
             SELECT id, slow() AS x1, 0.0 AS y1, 0.0 AS x2, 0.0 AS y2
             FROM generate_series(1, 1000) id",
    )
    .await;
    let source = PostgresSource::new(schema.database(), trusted(), Duration::from_millis(300));
    let error = read_all(&source).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(error.with_causes().contains("statement timeout"), "{error:?}");
}

#[tokio::test]
async fn a_reading_that_is_given_up_is_given_up_by_postgres() {
    let schema = TestSchema::new(
        "CREATE VIEW points AS
             SELECT id, 0.0 AS x1, 0.0 AS y1, 0.0 AS x2, 0.0 AS y2
             FROM (SELECT generate_series(1, 1000000000) AS id) ids",
    )
    .await;
    let source = PostgresSource::new(schema.database(), trusted(), Duration::from_secs(600));
    let client = connect(&schema.database()).await;
    let readers = async || -> i64 {
        let readers = "SELECT count(*) FROM pg_locks WHERE relation = 'points'::regclass
                       AND pid <> pg_backend_pid()";
        client.query_one(readers, &[]).await.unwrap().get(0)
    };
    let until = async |expected: i64| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while readers().await != expected {
            assert!(Instant::now() < deadline, "{} readers, not {expected}", readers().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        read = read_all(&source) => panic!("{read:?}"),
        () = until(1) => {}
    }
    until(0).await;
}

#[tokio::test]
async fn a_chunk_takes_one_backend_where_the_server_would_start_others() {
    let schema = TestSchema::new(
        "CREATE TABLE stored AS SELECT generate_series(1, 1000) AS id;
         CREATE FUNCTION of_leader() RETURNS FLOAT LANGUAGE sql PARALLEL SAFE AS
             'SELECT (leader_pid IS NULL)::int::float8
              FROM pg_stat_activity WHERE pid = pg_backend_pid()';
         CREATE VIEW points AS
             SELECT id, of_leader() AS x1, 0.0 AS y1, 0.0 AS x2, 0.0 AS y2 FROM stored",
    )
    .await;
    let mut database = schema.database();
    database.options(format!(
        "{} -c max_parallel_workers_per_gather=2 -c parallel_leader_participation=off
         -c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0",
        database.get_options().unwrap()
    ));
    let source = PostgresSource::new(database.clone(), trusted(), Duration::from_secs(30));
    let chunks = read(&source, Consistency::PerChunk, 1).await.unwrap();
    assert_eq!((chunks.rows(), &chunks.answer()["distance"]), (1000, &json!(1.0)));

    // As it would in such a session.
    let client = connect(&database).await;
    let plan = client.query("EXPLAIN SELECT x1 FROM points", &[]).await.unwrap();
    let lines: Vec<&str> = plan.iter().map(|line| line.get(0)).collect();
    assert!(lines.iter().any(|line| line.contains("Workers Planned")), "{lines:?}");
}

#[tokio::test]
async fn memory_does_not_grow_with_the_chunk() {
    // In a process of its own, because other tests need memory, too.
    if std::env::var(ALONE).is_err() {
        let path = concat!(module_path!(), "::memory_does_not_grow_with_the_chunk");
        // A test's name leaves out the binary's.
        let (_, name) = path.split_once("::").unwrap();
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let alone = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "").output().unwrap();
        let printed = String::from_utf8_lossy(&alone.stdout);
        // A name that no test has would succeed, too.
        let has_run = alone.status.success() && printed.contains("1 passed");
        assert!(has_run, "{printed}{}", String::from_utf8_lossy(&alone.stderr));
        return;
    }
    // A million rows are 65 MB on the wire.
    let schema = TestSchema::new(
        "CREATE VIEW points AS
             SELECT id, 0.0::float8 AS x1, 0.0::float8 AS y1, id::float8 AS x2, 0.0::float8 AS y2
             FROM (SELECT generate_series(1, 1000000) AS id) ids",
    )
    .await;
    let source = source(&schema, trusted());
    let before = peak_memory_kb();
    assert_eq!(read_all(&source).await.unwrap(), 1_000_000);
    let grown = peak_memory_kb() - before;
    assert!(grown < 32_000, "the peak rose by {grown} KB");
}

/// The most memory that this process ever had resident.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}
