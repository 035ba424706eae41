//! Materialized views: their rows are kept as a table's are, and replaced all at once.

use pgfold_core::{Consistency, Error};
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{analysed, plan, points, read, source, texts, trusted, without_key};

async fn materialized() -> TestSchema {
    analysed(
        "CREATE TABLE stored (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO stored SELECT g * g, 0, 0, g, g FROM generate_series(1, 20000) g;
         CREATE MATERIALIZED VIEW points AS SELECT * FROM stored;
         CREATE UNIQUE INDEX ON points (id)",
    )
    .await
}

#[tokio::test]
async fn a_materialized_view_is_read_by_a_trusted_key_and_by_its_blocks() {
    let schema = materialized().await;
    let refused = plan(&points(&schema), 4).await;
    assert!(matches!(refused, Err(Error::Misconfigured(_))), "{refused:?}");

    let all = texts(&schema, "SELECT id::text FROM points").await;
    for (consistency, blocks) in [(Consistency::PerChunk, false), (Consistency::Snapshot, true)] {
        let chunks = read(&source(&schema, trusted()), consistency, 4).await.unwrap();
        assert_eq!(chunks.spelled(), all);
        assert_eq!(chunks.are_blocks(), blocks);
        assert_eq!(chunks.answer()["pair"]["id"], 1);
        // A materialized view is made with some blocks to spare.
        chunks.assert_even(4, if blocks { 1.3 } else { 1.1 });
    }
}

#[tokio::test]
async fn a_materialized_view_without_a_key_is_read_by_its_blocks() {
    let schema = materialized().await;
    let source = source(&schema, without_key());
    assert!(matches!(plan(&source, 4).await, Err(Error::Invalid(_))));
    let chunks = read(&source, Consistency::Snapshot, 4).await.unwrap();
    assert!(chunks.are_blocks());
    assert_eq!(chunks.rows(), 20_000);
    assert_eq!(chunks.answer()["pair"]["id"], "(0,1)");
}

#[tokio::test]
async fn a_row_of_a_materialized_view_without_a_key_is_an_error_and_not_lost() {
    let schema = materialized().await;
    schema
        .execute("INSERT INTO stored VALUES (NULL, 0, 0, 1, 1); REFRESH MATERIALIZED VIEW points")
        .await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let read = read(&source(&schema, trusted()), consistency, 4).await;
        let Err(Error::Misconfigured(why)) = &read else { panic!("{read:?}") };
        assert!(why.contains("NULL for a key"), "{why}");
    }
}
