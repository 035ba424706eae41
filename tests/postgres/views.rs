//! Views, of whose rows PostgreSQL promises nothing.

use pgfold_core::{ChunkCount, Consistency, Error, Source};
use pgfold_tests::numbers;

use crate::postgres::chunks::{
    COLUMNS, LIMIT, analysed, plan, points, read, read_plan, schema, source, texts, trusted,
    without_key,
};

const TABLE: &str = "
    CREATE TABLE stored (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO stored SELECT g, 0, 0, g, g FROM generate_series(1, 3000) g;";

const VIEW: &str = "CREATE VIEW points AS SELECT * FROM stored;";

#[tokio::test]
async fn a_view_is_refused_unless_its_key_is_trusted() {
    let schema = schema(&format!("{TABLE} {VIEW}")).await;
    let source = points(&schema);
    let planned = plan(&source, 4).await.map(drop);
    let held = source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await.map(drop);
    for refusal in [planned, held] {
        let Err(Error::Misconfigured(why)) = &refusal else { panic!("{refusal:?}") };
        assert!(why.contains("does not say whether it is unique and has no NULL"), "{why}");
        assert!(why.contains("\"trusted_key\": true"), "{why}");
    }
}

#[tokio::test]
async fn a_view_whose_key_is_trusted_is_read_by_it() {
    let schema = schema(&format!("{TABLE} {VIEW}")).await;
    let all = texts(&schema, "SELECT id::text FROM points").await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        for count in [1, 4, 7] {
            let chunks = read(&source(&schema, trusted()), consistency, count).await.unwrap();
            assert!(!chunks.are_blocks());
            assert_eq!(chunks.spelled(), all);
            chunks.assert_even(count as usize, 1.1);
            // A number, into however many chunks it was cut.
            assert_eq!(chunks.answer()["pair"]["id"], 1, "{consistency:?}, {count} chunks");
        }
    }
}

#[tokio::test]
async fn a_row_of_a_view_without_a_key_is_an_error_and_not_lost() {
    let schema =
        schema(&format!("{TABLE} {VIEW} INSERT INTO stored VALUES (NULL, 0, 0, 1, 1)")).await;
    let trusted = source(&schema, trusted());
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        for count in [1, 4] {
            let read = read(&trusted, consistency, count).await;
            let Err(Error::Misconfigured(why)) = &read else { panic!("{read:?}") };
            assert_eq!(why, "table \"points\", key \"id\": a row has NULL for a key");
        }
    }
}

#[tokio::test]
async fn rows_of_a_view_that_come_after_the_planning_are_read_beyond_its_ends() {
    let schema = schema(&format!("{TABLE} {VIEW}")).await;
    let source = source(&schema, trusted());
    let planned = plan(&source, 4).await.unwrap();
    schema.execute("INSERT INTO stored VALUES (-5, 0, 0, 0, 0), (5000, 0, 0, 9, 9)").await;
    let chunks = read_plan(&source, planned, None).await.unwrap();
    assert_eq!(chunks.spelled(), texts(&schema, "SELECT id::text FROM points").await);
}

#[tokio::test]
async fn a_view_with_other_keys_than_integers_cannot_be_cut() {
    let schema = schema(&format!(
        "{TABLE} CREATE VIEW points AS SELECT 'n' || id AS id, x1, y1, x2, y2 FROM stored"
    ))
    .await;
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let error = read(&source(&schema, trusted()), consistency, 4).await.unwrap_err();
        let Error::Misconfigured(why) = &error else { panic!("{error:?}") };
        assert!(why.contains("its key \"id\" must be an integer"), "{why}");
    }
}

#[tokio::test]
async fn a_view_without_a_key_cannot_be_cut() {
    let schema = schema(&format!("{TABLE} {VIEW}")).await;
    let source = source(&schema, without_key());
    let error = read(&source, Consistency::Snapshot, 4).await.unwrap_err();
    let Error::Misconfigured(why) = &error else { panic!("{error:?}") };
    assert!(why.contains("\"points\" has no readable blocks"), "{why}");
    assert!(matches!(plan(&source, 4).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_key_of_a_table_is_trusted_where_the_database_says_nothing() {
    // Unique with the day only, as the key of a table must be that is partitioned by days.
    let schema = analysed(
        "CREATE TABLE points (id BIGINT, day DATE, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT,
                              PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
         CREATE TABLE monday PARTITION OF points FOR VALUES FROM ('2026-11-23') TO ('2026-11-24');
         CREATE TABLE others PARTITION OF points DEFAULT;
         INSERT INTO points SELECT g, DATE '2026-11-23' + g % 2, 0, 0, g, g
         FROM generate_series(1, 20000) g",
    )
    .await;
    let refused = read(&points(&schema), Consistency::PerChunk, 4).await;
    assert!(matches!(refused, Err(Error::Misconfigured(_))), "{refused:?}");
    let source = source(&schema, trusted());
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let chunks = read(&source, consistency, 4).await.unwrap();
        assert_eq!(chunks.spelled(), texts(&schema, "SELECT id::text FROM points").await);
        chunks.assert_even(4, 1.1);
    }
}
