//! Names as they must be quoted, and the database's own estimate of rows.

use pgfold_adapters::SourceTable;
use pgfold_core::Consistency;

use crate::postgres::chunks::{
    POINTS, analysed, by_id, execute, plan, points, read, schema, source, texts,
};

#[tokio::test]
async fn names_are_found_as_they_were_given() {
    let odd = format!("Weird \"Schema {}", std::process::id());
    let quoted = format!("\"{}\"", odd.replace('"', "\"\""));
    let table = format!("{quoted}.\"po\"\"ints\"");
    let schema = schema(&format!(
        "DROP SCHEMA IF EXISTS {quoted} CASCADE; CREATE SCHEMA {quoted};
         CREATE TABLE {table} (\"the \"\"key\" TEXT PRIMARY KEY, \"X 1\" INT, \"y;\" INT,
                               \"x2 -- \" INT, \"ÿ2\" INT);
         INSERT INTO {table} SELECT 'k' || g, 0, 0, g, g FROM generate_series(1, 2000) g;
         ANALYZE {table};
         CREATE TABLE points (id TEXT PRIMARY KEY)"
    ))
    .await;
    let configured = SourceTable::new(&table, "the \"key", ["X 1", "y;", "x2 -- ", "ÿ2"]).unwrap();
    let filter = Some("\"X 1\" = 0 AND \"the \"\"key\" <> 'k1'".to_owned());
    let source = source(&schema, SourceTable { filter, ..configured });
    let mut read_in = Vec::new();
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        read_in.push(read(&source, consistency, 4).await);
    }
    execute(&schema, &format!("DROP SCHEMA {quoted} CASCADE")).await;
    for chunks in read_in {
        let chunks = chunks.unwrap();
        assert_eq!((chunks.rows(), chunks.keys.len()), (1999, 4));
        assert_eq!(chunks.answer()["pair"]["id"], "k2");
    }
}

#[tokio::test]
async fn a_name_with_its_schema_is_that_schemas() {
    let schema = schema(&format!("{POINTS}; INSERT INTO points VALUES (7, 0, 0, 1, 1)")).await;
    let name = texts(&schema, "SELECT current_schema()::text").await.remove(0);
    let named = |name: &str| SourceTable::new(name, "id", by_id().columns.iter().map(|c| &**c));
    let there = source(&schema, named(&format!("{name}.points")).unwrap());
    assert_eq!(read(&there, Consistency::Snapshot, 4).await.unwrap().spelled(), ["7"]);
    let elsewhere = source(&schema, named("pg_catalog.points").unwrap());
    assert!(plan(&elsewhere, 4).await.is_err());
}

/// Whether `estimate` is within a tenth of `rows`.
fn is_about(estimate: u64, rows: u64) -> bool {
    estimate.abs_diff(rows) * 10 <= rows
}

#[tokio::test]
async fn rows_are_estimated_to_within_a_tenth() {
    let whole = POINTS.to_owned();
    let columns = "id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT";
    let partitioned = format!(
        "CREATE TABLE points ({columns}) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (1000);
         CREATE TABLE high PARTITION OF points FOR VALUES FROM (1000) TO (1000000)"
    );
    for table in [whole, partitioned] {
        let schema = analysed(&format!(
            "{table}; INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 50000) g"
        ))
        .await;
        let filtered = SourceTable { filter: Some("x2 > 40000".to_owned()), ..by_id() };
        for (source, rows) in [(points(&schema), 50_000), (source(&schema, filtered), 10_000)] {
            let planned = plan(&source, 4).await.unwrap();
            assert!(is_about(planned.estimated_rows, rows), "{} of {rows}", planned.estimated_rows);
            let held = read(&source, Consistency::Snapshot, 4).await.unwrap().planned;
            assert!(is_about(held.estimated_rows, rows), "{} of {rows}", held.estimated_rows);
        }
    }
}
