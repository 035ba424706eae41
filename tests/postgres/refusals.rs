//! Sources that cannot be read, and what is said of them.

use pgfold_adapters::SourceTable;
use pgfold_core::{ChunkCount, Consistency, Error, Source};
use pgfold_tests::{TestSchema, connect, disposable_database, numbers};

use crate::postgres::chunks::{COLUMNS, LIMIT, POINTS, by_id, plan, read, source, without_key};

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
        ("CREATE SEQUENCE points", "\"points\" is not a table or view, but of kind \"S\""),
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
async fn a_key_that_is_not_unique_by_itself_is_refused_and_its_index_named() {
    for (more, why) in [
        ("SELECT", "no unique index has it"),
        ("CREATE INDEX ON points (id)", "no unique index has it"),
        ("CREATE UNIQUE INDEX one ON points (x1) INCLUDE (id)", "no unique index has it"),
        (
            "ALTER TABLE points ADD CONSTRAINT one PRIMARY KEY (id, x1)",
            "the unique index one has other columns too",
        ),
        (
            "ALTER TABLE points ADD CONSTRAINT one UNIQUE (x1, id)",
            "the unique index one has other columns too",
        ),
        (
            "CREATE UNIQUE INDEX one ON points (id) WHERE id > 0",
            "the unique index one is of some rows only",
        ),
        (
            "CREATE UNIQUE INDEX one ON points ((id + 1))",
            "the unique index one is of an expression",
        ),
        (
            "ALTER TABLE points ADD CONSTRAINT one UNIQUE (id) DEFERRABLE INITIALLY DEFERRED",
            "the unique constraint one is deferrable",
        ),
    ] {
        let reason =
            format!("it must be unique by itself (UNIQUE or PRIMARY KEY) to be the key; {why}");
        refused(&format!("{}; {more}", keyed("INT NOT NULL")), by_id(), &reason).await;
    }
}

#[tokio::test]
async fn a_unique_index_that_was_never_finished_is_named() {
    let schema =
        TestSchema::new(&format!("{}; INSERT INTO points VALUES (1), (1)", keyed("INT NOT NULL")))
            .await;
    let client = connect(&schema.database()).await;
    let unfinished = "CREATE UNIQUE INDEX CONCURRENTLY one ON points (id)";
    client.batch_execute(unfinished).await.unwrap_err();
    let error = plan(&source(&schema, by_id()), 4).await.unwrap_err();
    assert!(error.to_string().ends_with("the unique index one is invalid"), "{error}");
}

#[tokio::test]
async fn more_partitions_than_are_listed_are_not_called_unreadable() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
             PARTITION BY RANGE (id);
         DO $$ BEGIN FOR part IN 0..1000 LOOP
             EXECUTE format('CREATE TABLE p%s PARTITION OF points FOR VALUES FROM (%s) TO (%s)',
                            part, part, part + 1);
         END LOOP; END $$",
    )
    .await;
    let source = source(&schema, without_key());
    let held = source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await.map(drop);
    let Err(Error::Misconfigured(why)) = &held else { panic!("{held:?}") };
    assert!(why.contains("has 1001 partitions, and the blocks of at most 1000 relations"), "{why}");
}

#[tokio::test]
async fn what_lasts_is_not_called_unavailable() {
    let unfilled = "CREATE MATERIALIZED VIEW points AS
                    SELECT 1 AS id, 0.0 AS x1, 0.0 AS y1, 1.0 AS x2, 1.0 AS y2 WITH NO DATA";
    let trusted = SourceTable { trusted_key: true, ..by_id() };
    let reason = "materialized view \"points\" has not been populated (SQLSTATE 55000): Use the \
                  REFRESH MATERIALIZED VIEW command.";
    refused(unfilled, trusted.clone(), reason).await;
    let writes = "CREATE TABLE seen (n INT);
                  CREATE FUNCTION note() RETURNS BOOLEAN STABLE LANGUAGE plpgsql AS
                      'BEGIN RETURN true; END';
                  CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)";
    let filter = Some("id / (id - id) > 0".to_owned());
    let schema = TestSchema::new(&format!("{writes}; INSERT INTO points VALUES (1)")).await;
    let filtered = source(&schema, SourceTable { filter, ..by_id() });
    let error = plan(&filtered, 4).await.unwrap_err();
    assert_eq!(error.to_string(), "postgres: division by zero (SQLSTATE 22012)");
}

#[tokio::test]
async fn no_value_of_a_row_is_in_what_is_said() {
    let secret = "s3cret".repeat(100_000);
    let schema = TestSchema::new(&format!(
        "{POINTS}; ALTER TABLE points ADD note TEXT;
         INSERT INTO points (x1, y1, x2, y2, note) VALUES (0, 0, 1, 1, '{secret}');
         CREATE FUNCTION loudly(note TEXT) RETURNS BOOLEAN STABLE LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION USING MESSAGE = note, ERRCODE = '42P01', HINT = note; END $$"
    ))
    .await;
    for filter in ["note::int > 0", "note::date > 'now'", "loudly(note)"] {
        let table = SourceTable { filter: Some(filter.to_owned()), ..by_id() };
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            let error = read(&source(&schema, table.clone()), consistency, 4).await.unwrap_err();
            let said = error.to_string();
            assert!(!said.contains("s3cret") && said.len() < 1000, "{filter}: {said:.200}");
            assert!(error.with_causes().len() < 3000, "{filter}: what is logged is bounded");
        }
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
