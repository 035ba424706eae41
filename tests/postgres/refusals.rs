//! Sources that cannot be read, and what is said of them.

use pgfold_adapters::SourceTable;
use pgfold_core::{ChunkCount, Consistency, Error, Source};
use pgfold_tests::{TestSchema, connect, disposable_database, numbers};

use crate::chunks::{COLUMNS, LIMIT, POINTS, by_id, plan, read, source, without_key};

/// Either way of planning says of the table `points`, made by `sql`, why it cannot be read: it is
/// misconfigured, or of another kind than the request wants.
async fn refused(sql: &str, table: SourceTable, reason: &str) {
    let schema = TestSchema::new(sql).await;
    let source = source(&schema, table);
    let planned = plan(&source, 4).await.map(drop);
    let held = source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await.map(drop);
    for refusal in [planned, held] {
        let Err(Error::Misconfigured(why) | Error::Invalid(why)) = &refusal else {
            panic!("{sql}: {refusal:?}")
        };
        assert!(why.contains(reason), "{why} is not {reason}");
    }
}

/// A table whose key is declared so.
fn keyed(key: &str) -> String {
    format!("CREATE TABLE points (id {key}, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)")
}

#[tokio::test]
async fn a_source_that_cannot_be_read_says_why() {
    let keyed_otherwise =
        "CREATE TABLE points (key SERIAL UNIQUE, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)";
    for (sql, reason) in [
        ("", "table \"points\" does not exist"),
        ("CREATE SEQUENCE points", "\"points\" is no table or view, but of kind \"S\""),
        (
            "CREATE TABLE points (id SERIAL UNIQUE NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT)",
            "table \"points\" has no column \"y2\"",
        ),
        (keyed_otherwise, "table \"points\" has no column \"id\""),
        (
            "CREATE TABLE points (id SERIAL PRIMARY KEY, x1 TEXT, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"x1\" of table \"points\" is text; to be read as number it must be one of smallint",
        ),
        (
            "CREATE TABLE points (id SERIAL PRIMARY KEY, x1 MONEY, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"x1\" of table \"points\" is money; to be read as number it must be one of smallint",
        ),
    ] {
        refused(sql, by_id(), reason).await;
    }
}

#[tokio::test]
async fn a_key_that_may_be_null_is_refused() {
    let reason = "column \"id\" of table \"points\" is integer; it must be NOT NULL to be the key";
    refused(&keyed("INT UNIQUE"), by_id(), reason).await;
}

#[tokio::test]
async fn a_key_that_is_not_null_from_now_on_is_refused() {
    if server_version().await < 18 {
        eprintln!("this server has no NOT NULL that is not validated");
        return;
    }
    let sql = keyed("INT UNIQUE")
        + "; INSERT INTO points VALUES (NULL);
           ALTER TABLE points ADD CONSTRAINT later NOT NULL id NOT VALID";
    refused(&sql, by_id(), "it must be NOT NULL to be the key").await;
}

#[tokio::test]
async fn a_key_that_may_be_null_in_a_table_that_inherits_is_refused() {
    let sql = if server_version().await < 18 {
        keyed("INT UNIQUE NOT NULL")
            + "; CREATE TABLE heir () INHERITS (points); ALTER TABLE heir ALTER id DROP NOT NULL"
    } else {
        keyed("INT UNIQUE CONSTRAINT own NOT NULL NO INHERIT")
            + "; CREATE TABLE heir () INHERITS (points)"
    };
    let sql = sql + "; INSERT INTO heir VALUES (NULL, 0, 0, 0, 0)";
    refused(&sql, by_id(), "it must be NOT NULL to be the key").await;
}

/// The major version.
async fn server_version() -> i32 {
    let client = connect(&disposable_database()).await;
    let version = "SELECT current_setting('server_version_num')::int / 10000";
    client.query_one(version, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_key_that_is_not_unique_by_itself_is_refused() {
    let reason = "it must be unique by itself (UNIQUE or PRIMARY KEY) to be the key";
    for more in [
        "SELECT",
        "ALTER TABLE points ADD PRIMARY KEY (id, x1)",
        "ALTER TABLE points ADD UNIQUE (x1, id)",
        "CREATE INDEX ON points (id)",
        "CREATE UNIQUE INDEX ON points (id) WHERE id > 0",
        "CREATE UNIQUE INDEX ON points ((id + 1))",
        "ALTER TABLE points ADD UNIQUE (id) DEFERRABLE INITIALLY DEFERRED",
    ] {
        refused(&format!("{}; {more}", keyed("INT NOT NULL")), by_id(), reason).await;
    }
}

#[tokio::test]
async fn a_key_without_an_order_is_refused() {
    for key in ["JSON", "POINT", "BOOLEAN", "XID8", "INT[]", "INT4RANGE", "CHAR(9)", "FLOAT"] {
        let reason = "must be one of smallint, integer, bigint, uuid, text, character varying, \
                      date, timestamp without time zone, timestamp with time zone, numeric to be \
                      the key";
        refused(&keyed(&format!("{key} NOT NULL")), by_id(), reason).await;
    }
}

#[tokio::test]
async fn a_table_without_a_key_is_read_at_one_instant_only() {
    let schema = TestSchema::new(&format!(
        "{POINTS}; INSERT INTO points (x1, y1, x2, y2)
         SELECT 0, 0, g, g FROM generate_series(1, 2000) g"
    ))
    .await;
    let source = source(&schema, without_key());
    let error = plan(&source, 4).await.unwrap_err();
    let Error::Invalid(why) = &error else { panic!("{error:?}") };
    assert!(why.contains("table \"points\" has no key configured"), "{why}");
    assert!(why.contains("consistency \"snapshot\""), "{why}");

    let chunks = read(&source, Consistency::Snapshot, 4).await.unwrap();
    assert!(chunks.are_blocks());
    assert_eq!((chunks.rows(), chunks.keys.len()), (2000, 4));
    // A row is called by its place.
    assert_eq!(chunks.answer()["pair"]["id"], "(0,1)");
}
