//! Tables cut by keys of other types: each is ordered and spelled as the database does.

use pgfold_core::Consistency;
use pgfold_tests::connect;
use serde_json::json;

use crate::postgres::chunks::{SAMPLED, execute, points, read, schema, texts};

const ROWS: u64 = 4000;

/// A table whose key is of `key_type` and made of the number `g` by `key` is read row by row
/// once, in even chunks, and its answer names the row by its key.
async fn cut_by(key_type: &str, key: &str) {
    cut_to_within(1.1, key_type, key).await;
}

/// The same, with chunks that are so even once the table is analysed.
async fn cut_to_within(most: f64, key_type: &str, key: &str) {
    let schema = schema(&format!(
        "CREATE TABLE points (id {key_type} PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
             WITH (autovacuum_enabled = off);
         INSERT INTO points SELECT {key}, 0, 0, g, g FROM generate_series(1, {ROWS}) g"
    ))
    .await;
    let all = texts(&schema, "SELECT id::text FROM points").await;
    let nearest = texts(&schema, "SELECT id::text FROM points WHERE x2 = 1").await.remove(0);
    let source = points(&schema);
    for (analyse, most) in [("SELECT", SAMPLED), ("ANALYZE points", most)] {
        execute(&schema, analyse).await;
        for count in [1, 4, 16] {
            let chunks = read(&source, Consistency::PerChunk, count).await.unwrap();
            assert_eq!(chunks.spelled(), all, "{key_type} in {count} chunks");
            assert_eq!(chunks.answer()["pair"]["id"], json!(nearest), "{key_type}");
            assert!(!chunks.are_blocks());
            if count == 4 {
                chunks.assert_even(4, most);
            }
        }
    }
    let chunks = read(&source, Consistency::Snapshot, 4).await.unwrap();
    assert_eq!(chunks.spelled(), all, "{key_type} by blocks");
    assert_eq!(chunks.answer()["pair"]["id"], json!(nearest), "{key_type} by blocks");
    assert!(chunks.are_blocks());
}

#[tokio::test]
async fn uuids() {
    cut_by("UUID", "gen_random_uuid()").await;
}

#[tokio::test]
async fn numbers_of_any_size() {
    // As texts they have another order.
    cut_by(
        "NUMERIC",
        "CASE g WHEN 2 THEN 'NaN' WHEN 3 THEN 'Infinity' WHEN 4 THEN '-Infinity'
         ELSE (g - 2000)::numeric ^ 3 / 7 END",
    )
    .await;
    cut_by("NUMERIC(9, 2)", "g - 2000.25").await;
}

#[tokio::test]
async fn instants() {
    let instant = "CASE g WHEN 2 THEN 'infinity' WHEN 3 THEN '-infinity'
                   WHEN 4 THEN '0044-03-15 12:00:00 BC'
                   ELSE TIMESTAMPTZ '1999-12-31 23:59:59.123456+05:30' + g * interval '7 hours' END";
    cut_by("TIMESTAMPTZ", instant).await;
    cut_by("TIMESTAMP", &instant.replace("TIMESTAMPTZ", "TIMESTAMP")).await;
}

#[tokio::test]
async fn days() {
    cut_by(
        "DATE",
        "CASE g WHEN 2 THEN 'infinity' WHEN 3 THEN '-infinity' ELSE DATE '0003-01-01 BC' + g END",
    )
    .await;
}

#[tokio::test]
async fn texts_of_either_kind() {
    cut_by("TEXT", "md5(g::text)").await;
    cut_by("VARCHAR(40)", "md5(g::text)").await;
    cut_by("VARCHAR", "g").await;
}

#[tokio::test]
async fn texts_that_mean_something_elsewhere() {
    // So many chunks that most of these are cut at.
    let odd = r#"ARRAY['', ' ', 'NULL', 'null', '"', '""', '\', '\\', '\N', '{', '}', '{a,b}', ',',
                 '''', '''''', '$1', '%s', ';--', E'\t', E'\n', E'\r\n', 'ä', E'a\u0308', 'ß', 'İ',
                 '日本', '😀', E'\u200b', E'\ufeff', E'\x01']"#;
    let key = format!("CASE g WHEN 1 THEN '' WHEN 2 THEN 'NULL' ELSE ({odd})[g % 30 + 1] || g END");
    cut_by("TEXT", &key).await;
}

#[tokio::test]
async fn texts_in_every_order_that_the_server_has() {
    let schema = schema("").await;
    let client = connect(&schema.database()).await;
    let known = "SELECT quote_ident(collname) FROM pg_collation
                 WHERE collname IN ('C', 'en-x-icu', 'de-x-icu', 'en_US.utf8', 'pg_c_utf8')";
    let mixed = "(ARRAY['a', 'A', 'b', 'B', 'ä', 'Ä', 'z', '-a', 'a-', ' a'])[g % 10 + 1] || g % 97
                 || (ARRAY['', '-', 'É', 'e'])[g % 4 + 1] || g";
    for row in client.query(known, &[]).await.unwrap() {
        cut_by(&format!("TEXT COLLATE {}", row.get::<_, &str>(0)), mixed).await;
    }
}

#[tokio::test]
async fn texts_that_are_too_long_to_cut_at() {
    // No chunk starts at half of them.
    let long = "CASE g % 4 WHEN 0 THEN repeat(md5(g::text), 8) WHEN 1 THEN repeat(md5(g::text), 5)
                ELSE md5(g::text) END";
    cut_to_within(1.6, "TEXT", long).await;
}

#[tokio::test]
async fn a_domain_is_as_good_as_its_type() {
    for (base, key, kind) in [("BIGINT", "g", json!(1)), ("TEXT", "'n' || g", json!("n1"))] {
        let schema = schema(&format!(
            "CREATE DOMAIN base AS {base} CHECK (VALUE IS NOT NULL);
             CREATE DOMAIN middle AS base;
             CREATE DOMAIN label AS middle;
             CREATE DOMAIN number AS NUMERIC(9, 2);
             CREATE DOMAIN coordinate AS number;
             CREATE TABLE points (id label PRIMARY KEY, x1 coordinate, y1 number, x2 INT, y2 INT);
             INSERT INTO points SELECT {key}, 0, 0, g, g FROM generate_series(1, 999) g"
        ))
        .await;
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            for count in [1, 4] {
                let chunks = read(&points(&schema), consistency, count).await.unwrap();
                assert_eq!(chunks.rows(), 999, "{base}");
                assert_eq!(chunks.answer()["pair"]["id"], kind, "{base}");
            }
        }
    }
}
