//! Statistics that are wrong and look right, and what planning says of chunks that may be uneven.

use pgfold_adapters::SourceTable;
use pgfold_core::Consistency;
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{
    SAMPLED, analysed, by_id, execute, plan, points, read, schema, source, trusted,
};

/// A table of `rows` rows, whose keys `key` makes of the numbers from 1.
fn table(key_type: &str, key: &str, rows: u32) -> String {
    format!(
        "CREATE TABLE points (id {key_type} PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
             WITH (autovacuum_enabled = off);
         INSERT INTO points SELECT {key}, 0, 0, g, g FROM generate_series(1, {rows}) g"
    )
}

/// Has the server forget what it counted, as a crash or a failover does.
async fn forget_counts(schema: &TestSchema) {
    execute(schema, "SELECT pg_stat_reset_single_table_counters('points'::regclass)").await;
}

#[tokio::test]
async fn rows_that_nobody_counted_do_not_all_lie_in_one_chunk() {
    for (key_type, key) in [("INT", "g"), ("TEXT", "lpad(g::text, 9, '0')")] {
        let schema = analysed(&table(key_type, key, 20_000)).await;
        let more = format!(
            "INSERT INTO points SELECT {key}, 0, 0, g, g FROM generate_series(20001, 200000) g"
        );
        execute(&schema, &more).await;
        forget_counts(&schema).await;
        let chunks = read(&points(&schema), Consistency::PerChunk, 8).await.unwrap();
        assert_eq!(chunks.rows(), 200_000);
        chunks.assert_even(8, SAMPLED);
        let sampled = chunks.planned.warnings.iter().any(|why| why.contains("cut by a sample"));
        assert!(sampled, "{:?}", chunks.planned.warnings);
    }
}

#[tokio::test]
async fn a_size_that_vacuum_has_noted_is_no_proof() {
    let schema = analysed(&table("INT", "g", 20_000)).await;
    execute(
        &schema,
        "INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(20001, 200000) g",
    )
    .await;
    schema.execute("VACUUM points").await;
    forget_counts(&schema).await;
    read(&points(&schema), Consistency::PerChunk, 8).await.unwrap().assert_even(8, SAMPLED);
}

#[tokio::test]
async fn fresh_statistics_are_used_although_the_count_is_lost() {
    let schema = analysed(&table("INT", "g", 50_000)).await;
    forget_counts(&schema).await;
    let chunks = read(&points(&schema), Consistency::PerChunk, 8).await.unwrap();
    chunks.assert_even(8, 1.1);
    assert_eq!(chunks.planned.warnings, [""; 0]);
}

#[tokio::test]
async fn long_keys_are_cut_at() {
    // Longer than 128 bytes, and alike up to their ends.
    let key = "repeat('https://example.com/', 9) || lpad(g::text, 20, '0')";
    let schema = analysed(&table("TEXT", key, 20_000)).await;
    let chunks = read(&points(&schema), Consistency::PerChunk, 16).await.unwrap();
    chunks.assert_even(16, 1.5);
    assert_eq!(chunks.planned.warnings, [""; 0]);
}

#[tokio::test]
async fn more_chunks_of_texts_than_a_histogram_has_bounds_are_cut() {
    let schema = analysed(&table("TEXT", "md5(g::text)", 50_000)).await;
    let planned = plan(&points(&schema), 400).await.unwrap();
    assert!(planned.plan.len() > 300, "{}", planned.plan.len());
}

#[tokio::test]
async fn fewer_chunks_than_were_asked_for_come_with_the_reason() {
    let warnings = async |schema: &TestSchema, table: SourceTable, chunks| {
        plan(&source(schema, table), chunks).await.unwrap().warnings
    };
    let few = schema(&table("INT", "g", 3)).await;
    let why = warnings(&few, by_id(), 8).await;
    assert!(why[0].ends_with("not 8: its keys are too few or too close together"), "{why:?}");
    let texts = analysed(&table("TEXT", "g", 10)).await;
    let why = warnings(&texts, by_id(), 1000).await;
    assert!(why[0].contains("not 1000: only 8 different keys"), "{why:?}");
    let read = read(&points(&few), Consistency::Snapshot, 8).await.unwrap();
    assert_eq!(read.planned.warnings, ["the source is cut in 1 chunk, not 8: it has 1 block"]);
    let view = schema(
        "CREATE VIEW points AS SELECT n AS id, 0.0 AS x1, 0.0 AS y1, 1.0 AS x2,
                       1.0 AS y2 FROM generate_series(1, 100) n",
    )
    .await;
    let why = warnings(&view, trusted(), 4).await;
    assert!(why[0].contains("equally wide ranges of its key"), "{why:?}");
}

#[tokio::test]
async fn ends_that_take_too_long_to_find_are_left_open() {
    let schema = schema(
        "CREATE FUNCTION slowly() RETURNS BOOLEAN STABLE LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(0.7); RETURN true; END';
         CREATE TABLE stored AS SELECT g AS id, 0.0 AS x1, 0.0 AS y1, g::float AS x2, 0.0 AS y2
             FROM generate_series(1, 100) g;
         CREATE VIEW points AS SELECT * FROM stored WHERE slowly()",
    )
    .await;
    let chunks = read(&source(&schema, trusted()), Consistency::PerChunk, 4).await.unwrap();
    assert_eq!(chunks.rows(), 100);
    let warnings = &chunks.planned.warnings;
    assert!(warnings.iter().any(|why| why.contains("took too long to find")), "{warnings:?}");
}
