//! Sources with a condition on their rows.

use pgfold_adapters::SourceTable;
use pgfold_core::{Consistency, Error};
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{POINTS, SAMPLED, by_id, execute, plan, read, schema, source, texts};

fn only(filter: &str) -> SourceTable {
    SourceTable { filter: Some(filter.to_owned()), ..by_id() }
}

/// Fifty thousand rows on some 370 pages.
async fn many() -> TestSchema {
    schema(&format!(
        "{POINTS}; INSERT INTO points SELECT g, 0, 0, g, g % 1000 FROM generate_series(1, 50000) g"
    ))
    .await
}

#[tokio::test]
async fn a_filter_is_seen_by_planner_and_mapper() {
    let schema = many().await;
    for filter in [
        "y2 < 300",
        "y2 < 300 OR id = 5",
        "id > 40 -- and so on",
        "id > 40 /* a \" and a ' */",
        "x1 IS NOT NULL AND NOT id = ANY ('{7,8,9}')",
        "(SELECT true) AND y2 IN (7, 8, 9) AND id % 2 = 1",
    ] {
        let source = source(&schema, only(filter));
        let rows = format!("SELECT id::text FROM points WHERE ({filter}\n)");
        let expected = texts(&schema, &rows).await;
        let nearest = format!("{rows} ORDER BY sqrt(x2^2 + y2^2), points.id LIMIT 1");
        let nearest = texts(&schema, &nearest).await.remove(0);
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            let chunks = read(&source, consistency, 4).await.unwrap();
            assert_eq!(chunks.spelled(), expected, "{filter} {consistency:?}");
            assert_eq!(chunks.answer()["pair"]["id"].to_string(), nearest, "{filter}");
            chunks.assert_even(4, SAMPLED);
        }
    }
}

/// Chunks are even of the rows that meet the filter, before and after the table is analysed.
async fn even_of(filter: &str) {
    let schema = many().await;
    let source = source(&schema, only(filter));
    for analyse in ["SELECT", "ANALYZE points"] {
        execute(&schema, analyse).await;
        let chunks = read(&source, Consistency::PerChunk, 4).await.unwrap();
        let expected = format!("SELECT id::text FROM points WHERE {filter}");
        assert_eq!(chunks.spelled(), texts(&schema, &expected).await);
        chunks.assert_even(4, SAMPLED);
    }
}

#[tokio::test]
async fn chunks_are_even_when_a_filter_leaves_the_last_twentieth_of_the_keys() {
    even_of("id > 47500").await;
}

#[tokio::test]
async fn chunks_are_even_when_a_filter_leaves_two_ends() {
    even_of("id <= 2500 OR id > 47500").await;
}

#[tokio::test]
async fn chunks_are_even_when_a_filter_leaves_few_rows_here_and_there() {
    even_of("y2 = 77").await;
}

#[tokio::test]
async fn a_filter_that_no_row_meets_leaves_no_rows() {
    let schema = many().await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let chunks = read(&source(&schema, only("x1 > 1")), consistency, 4).await.unwrap();
        assert_eq!(chunks.rows(), 0);
        assert_eq!(chunks.answer()["pair"], serde_json::Value::Null);
    }
}

#[tokio::test]
async fn a_filter_that_is_no_condition_is_misconfigured() {
    let schema = many().await;
    for filter in ["no_such_column > 1", "x1 >", "x1", "x1 > 1)"] {
        let planned = plan(&source(&schema, only(filter)), 4).await;
        assert!(matches!(planned, Err(Error::Misconfigured(_))), "{filter}: {planned:?}");
    }
}
