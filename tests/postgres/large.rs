//! A large table: a million rows, or as many as `LARGE_TABLE_ROWS` says.

use std::{
    env,
    fmt::Write,
    time::{Duration, Instant},
};

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{ChunkCount, ChunkRange, Planned, Source};
use pgfold_tests::{TestSchema, connect, numbers};

use crate::postgres::chunks::{analysed, execute};

/// Ninety-nine of a hundred ids at one end, the others far beyond.
fn table(rows: u64) -> String {
    let dense = rows / 100 * 99;
    format!(
        "CREATE UNLOGGED TABLE points (id BIGINT PRIMARY KEY, x1 REAL)
             WITH (autovacuum_enabled = off);
         INSERT INTO points
         SELECT CASE WHEN g <= {dense} THEN g ELSE {dense} + (g - {dense}) * 1000000 END, 0
         FROM generate_series(1, {rows}::bigint) g"
    )
}

#[tokio::test]
async fn a_large_table_is_cut_evenly_in_milliseconds() {
    let all = env::var("LARGE_TABLE_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    let schema = analysed(&table(all)).await;
    let table = SourceTable::new("points", "id", ["x1"]).unwrap();
    let source = PostgresSource::new(schema.database(), table, Duration::from_secs(30));
    for chunks in [4, 8, 16] {
        let planned = plan(&source, chunks).await;
        let rows = rows(&schema, &planned).await;
        assert_eq!(rows.len() as u64, chunks);
        assert_eq!(rows.iter().sum::<u64>(), all);
        let largest = *rows.iter().max().unwrap() as f64 * chunks as f64 / all as f64;
        println!("{chunks} chunks: the largest has {largest:.3} times the mean");
        assert!(largest <= 1.1, "{rows:?}");
        let estimate = planned.estimated_rows;
        assert!(estimate.abs_diff(all) <= all / 10, "{estimate} rows");
    }

    let analysed = median_of_plans(&source).await;
    // What 20 of 100 rows do to the statistics: they are stale, so a sample is taken.
    let some = format!("DELETE FROM points WHERE id <= {}", all / 5);
    execute(&schema, &some).await;
    let stale = median_of_plans(&source).await;
    println!("planning: {analysed:?} by the histogram, {stale:?} by a sample (medians of 20)");
    assert!(analysed < Duration::from_secs(1) && stale < Duration::from_secs(1));
}

async fn plan(source: &PostgresSource, chunks: u64) -> Planned {
    source.plan(ChunkCount::new(chunks).unwrap(), &numbers(&["x1"])).await.unwrap()
}

async fn median_of_plans(source: &PostgresSource) -> Duration {
    let mut took = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        plan(source, 16).await;
        took.push(started.elapsed());
    }
    took.sort();
    took[took.len() / 2]
}

/// How many rows each chunk has, by one reading of the table.
async fn rows(schema: &TestSchema, planned: &Planned) -> Vec<u64> {
    let mut sql = "SELECT count(*)".to_owned();
    for (_, range) in planned.plan.chunks() {
        let ChunkRange::Keys(keys) = range else { panic!("{range}") };
        let bound = |key: Option<&pgfold_core::Key>| key.unwrap().to_string();
        let (start, end) = (bound(keys.start()), bound(keys.end()));
        write!(sql, ", count(*) FILTER (WHERE id >= {start} AND id < {end})").unwrap();
    }
    let client = connect(&schema.database()).await;
    let row = client.query_one(&format!("{sql} FROM points"), &[]).await.unwrap();
    (1..=planned.plan.len()).map(|chunk| row.get::<_, i64>(chunk) as u64).collect()
}
