//! Keys of views, which must stay the same from chunk to chunk.

use pgfold_core::{ChunkCount, Error, Result, Source};
use pgfold_tests::{TestSchema, numbers};

use crate::postgres::chunks::{COLUMNS, LIMIT, plan, read, schema, source, trusted};

const STORED: &str = "
    CREATE TABLE stored (pk INT PRIMARY KEY, x FLOAT);
    INSERT INTO stored SELECT g, g FROM generate_series(1, 1000) g;";

async fn keyed_by(key: &str, from: &str) -> TestSchema {
    schema(&format!(
        "{STORED} CREATE VIEW points AS
         SELECT {key} AS id, x AS x1, x AS y1, x AS x2, x AS y2 FROM {from}"
    ))
    .await
}

/// What planning warns of; both ways of planning agree.
async fn warnings(schema: &TestSchema) -> Result<Vec<String>> {
    let source = source(schema, trusted());
    let planned = plan(&source, 4).await;
    let held = source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await;
    if let (Err(planned), Err(held)) = (&planned, &held) {
        assert_eq!(planned.to_string(), held.to_string());
    }
    let (planned, (held, _)) = (planned?, held?);
    assert_eq!(planned.warnings, held.warnings);
    Ok(planned.warnings)
}

#[tokio::test]
async fn row_numbers_in_no_order_are_refused() {
    for (key, from) in [
        ("row_number() OVER ()", "stored"),
        ("row_number() OVER () + 1", "stored"),
        ("(row_number() OVER ())::int", "(SELECT * FROM stored WHERE x > 0) AS s"),
        ("dense_rank() OVER (PARTITION BY x > 5)", "stored"),
    ] {
        let schema = keyed_by(key, from).await;
        let refused = warnings(&schema).await;
        // PostgreSQL sorts for a partition, in which there is no order: that is warned of.
        if key.contains("PARTITION") {
            let warnings = refused.unwrap();
            let is_warned = warnings.iter().any(|warning| warning.contains("window function"));
            assert!(is_warned, "{key}: {warnings:?}");
            continue;
        }
        let Err(Error::Misconfigured(why)) = &refused else { panic!("{key}: {refused:?}") };
        assert!(why.contains("column \"id\" of \"points\" cannot be the key"), "{why}");
        assert!(why.contains("window function over rows in no order"), "{why}");
    }
}

#[tokio::test]
async fn keys_of_chance_are_refused() {
    for (key, from) in [
        ("(random() * 1e6)::int", "stored"),
        ("s.id", "(SELECT (random() * 1e6)::int AS id, x FROM stored) AS s"),
    ] {
        let refused = warnings(&keyed_by(key, from).await).await;
        let Err(Error::Misconfigured(why)) = &refused else { panic!("{key}: {refused:?}") };
        assert!(why.contains("the function random, which is VOLATILE"), "{why}");
    }
}

#[tokio::test]
async fn row_numbers_in_an_order_are_warned_of() {
    let schema = keyed_by("row_number() OVER (ORDER BY pk)", "stored").await;
    let warnings = warnings(&schema).await.unwrap();
    assert!(warnings.iter().any(|warning| warning.contains("ORDER BY tells all rows apart")));
    let chunks = read(&source(&schema, trusted()), pgfold_core::Consistency::Snapshot, 4).await;
    assert_eq!(chunks.unwrap().rows(), 1000);
}

#[tokio::test]
async fn a_stored_key_beside_a_window_is_as_good_as_any() {
    for (key, from) in [
        ("pk", "stored"),
        ("pk + 0", "stored"),
        (
            "pk",
            "(SELECT pk, x, row_number() OVER (PARTITION BY x ORDER BY pk) n FROM stored) s
                WHERE n = 1",
        ),
    ] {
        let warnings = warnings(&keyed_by(key, from).await).await.unwrap();
        assert!(!warnings.iter().any(|warning| warning.contains("key \"id\"")), "{warnings:?}");
    }
}

#[tokio::test]
async fn rows_by_limit_in_no_order_are_warned_of() {
    let some = |order: &str| format!("(SELECT * FROM stored {order} LIMIT 500) AS s");
    let unordered = warnings(&keyed_by("pk", &some("")).await).await.unwrap();
    assert!(unordered.iter().any(|warning| warning.contains("has a LIMIT without an order")));
    let ordered = warnings(&keyed_by("pk", &some("ORDER BY pk")).await).await.unwrap();
    assert!(!ordered.iter().any(|warning| warning.contains("LIMIT")), "{ordered:?}");
}
