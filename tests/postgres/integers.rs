//! Tables cut by keys that are integers.

use pgfold_core::{Consistency, Key};
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{
    POINTS, SAMPLED, analysed, execute, plan, points, read, schema, texts,
};

/// Every row of `points` is in one chunk, and the chunks are so even.
async fn even(schema: &TestSchema, most: f64) {
    let chunks = read(&points(schema), Consistency::PerChunk, 4).await.unwrap();
    assert_eq!(chunks.spelled(), texts(schema, "SELECT id::text FROM points").await);
    chunks.assert_even(4, most);
}

#[tokio::test]
async fn chunks_are_even_in_spite_of_skew_and_gaps() {
    // Nine tenths of the rows at one end of the ids, the rest up to a billion beyond.
    let schema = schema(&format!(
        "{POINTS};
         INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 27000) g;
         INSERT INTO points SELECT g * 300000, 0, 0, g, g FROM generate_series(1, 3000) g"
    ))
    .await;
    // Never analysed, so by a sample of a hundred of its 220 pages.
    even(&schema, SAMPLED).await;

    execute(&schema, "ANALYZE points").await;
    even(&schema, 1.1).await;

    // What is appended lies beyond the histogram, which now is passed over.
    let append = "INSERT INTO points SELECT 2e9 + g, 0, 0, g, g FROM generate_series(1, 27000) g";
    execute(&schema, append).await;
    even(&schema, SAMPLED).await;
}

#[tokio::test]
async fn chunks_are_even_with_99_of_100_rows_at_the_far_end() {
    let schema = schema(&format!(
        "{POINTS};
         INSERT INTO points SELECT g * 3000000, 0, 0, g, g FROM generate_series(1, 300) g;
         INSERT INTO points SELECT 2e9 + g, 0, 0, g, g FROM generate_series(1, 29700) g"
    ))
    .await;
    even(&schema, SAMPLED).await;
    execute(&schema, "ANALYZE points").await;
    even(&schema, 1.1).await;
}

#[tokio::test]
async fn chunks_are_even_when_ranges_of_rows_are_deleted() {
    let schema = analysed(&format!(
        "{POINTS}; INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 30000) g"
    ))
    .await;
    execute(&schema, "DELETE FROM points WHERE id BETWEEN 6001 AND 27000").await;
    // The histogram still has them.
    even(&schema, SAMPLED).await;
    execute(&schema, "ANALYZE points").await;
    even(&schema, 1.1).await;
    execute(&schema, "DELETE FROM points WHERE id < 5700 OR id > 28500").await;
    execute(&schema, "ANALYZE points").await;
    even(&schema, 1.1).await;
}

#[tokio::test]
async fn keys_of_every_width_are_cut_from_their_least_to_their_greatest() {
    for (name, least, greatest) in [
        ("SMALLINT", i64::from(i16::MIN), i64::from(i16::MAX)),
        ("INTEGER", i64::from(i32::MIN), i64::from(i32::MAX)),
        ("BIGINT", i64::MIN, i64::MAX),
    ] {
        let schema = schema(&format!(
            "CREATE TABLE points (id {name} PRIMARY KEY, x1 INT, y1 INT, x2 INT, y2 INT)
                 WITH (autovacuum_enabled = off);
             INSERT INTO points SELECT g - 10000, 0, 0, g, g FROM generate_series(1, 20000) g;
             INSERT INTO points VALUES ({least}, 0, 0, 0, 0), ({greatest}, 0, 0, 1, 1)"
        ))
        .await;
        even(&schema, SAMPLED).await;
        execute(&schema, "ANALYZE points").await;
        even(&schema, 1.1).await;
        let chunks = read(&points(&schema), Consistency::PerChunk, 16).await.unwrap();
        assert_eq!(chunks.rows(), 20_002, "{name}");
        assert_eq!(chunks.answer()["pair"]["id"], least, "{name}");
    }
}

#[tokio::test]
async fn a_table_with_fewer_rows_than_chunks_is_read_whole() {
    for rows in [1, 2, 3] {
        let schema = TestSchema::new(&format!(
            "{POINTS}; INSERT INTO points SELECT g * 1000, 0, 0, g, g
             FROM generate_series(1, {rows}) g"
        ))
        .await;
        for analyse in ["SELECT", "ANALYZE points"] {
            execute(&schema, analyse).await;
            for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
                let chunks = read(&points(&schema), consistency, 8).await.unwrap();
                let mut keys = chunks.keys.concat();
                keys.sort();
                let expected: Vec<Key> = (1..=rows).map(|g| Key::Integer(g * 1000)).collect();
                assert_eq!(keys, expected, "{consistency:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_empty_table_has_no_chunk_and_no_rows() {
    let schema = TestSchema::new(POINTS).await;
    for emptied in [
        "SELECT",
        "ANALYZE points",
        "INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 9999) g; ANALYZE points;
         DELETE FROM points",
    ] {
        execute(&schema, emptied).await;
        let planned = plan(&points(&schema), 4).await.unwrap();
        assert!(planned.plan.is_empty(), "{planned:?}");
        assert_eq!(planned.estimated_rows, 0);
        let chunks = read(&points(&schema), Consistency::Snapshot, 4).await.unwrap();
        assert_eq!(chunks.spelled(), [""; 0], "after {emptied}");
    }
    schema.execute("TRUNCATE points").await;
    let chunks = read(&points(&schema), Consistency::Snapshot, 4).await.unwrap();
    assert!(chunks.planned.plan.is_empty());
    assert_eq!(chunks.planned.estimated_rows, 0);
}
