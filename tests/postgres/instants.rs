//! Snapshots of what has no single instant, which are refused, and what is said of jobs over it.

use pgfold_adapters::SourceTable;
use pgfold_core::{ChunkCount, Error, Planned, Result, Source};
use pgfold_tests::{TestSchema, connect, numbers};

use crate::postgres::chunks::{COLUMNS, LIMIT, by_id, plan, schema, source, trusted};

const STORED: &str = "
    CREATE TABLE stored (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO stored SELECT g, 0, 0, g, g FROM generate_series(1, 1000) g;
    CREATE FUNCTION elsewhere(id INT) RETURNS BOOLEAN LANGUAGE plpgsql AS
        'BEGIN RETURN id > 0; END';";

async fn hold(schema: &TestSchema, table: SourceTable) -> Result<Planned> {
    let source = source(schema, table);
    let held = source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await;
    held.map(|(planned, _)| planned)
}

/// A snapshot of the source is refused for `reason`, and a job whose chunks see instants of their
/// own is never said to have seen one.
async fn has_no_instant(schema: &TestSchema, table: SourceTable, reason: &str) {
    let refused = hold(schema, table.clone()).await;
    let Err(Error::Invalid(why)) = &refused else { panic!("{refused:?}") };
    assert!(why.contains("cannot be read at one instant") && why.contains(reason), "{why}");
    let planned = plan(&source(schema, table), 4).await.unwrap();
    assert!(!planned.is_one_instant, "{reason}");
}

#[tokio::test]
async fn a_view_that_calls_a_volatile_function_has_no_instant() {
    for view in [
        "SELECT * FROM stored WHERE elsewhere(id)",
        "SELECT * FROM (SELECT * FROM stored WHERE elsewhere(id)) AS inner_view",
        "SELECT * FROM stored UNION ALL SELECT * FROM stored WHERE elsewhere(id) AND id < 0",
    ] {
        let schema = schema(&format!("{STORED} CREATE VIEW points AS {view}")).await;
        has_no_instant(&schema, trusted(), "the function elsewhere is VOLATILE").await;
    }
}

#[tokio::test]
async fn a_filter_or_a_policy_that_calls_a_volatile_function_has_no_instant() {
    let schema = schema(&format!("{STORED} ALTER TABLE stored RENAME TO points")).await;
    let filter = Some("elsewhere(id)".to_owned());
    let filtered = SourceTable { filter, ..by_id() };
    has_no_instant(&schema, filtered, "elsewhere").await;
    schema
        .execute(
            "ALTER TABLE points ENABLE ROW LEVEL SECURITY;
             ALTER TABLE points FORCE ROW LEVEL SECURITY;
             CREATE POLICY seen ON points USING (elsewhere(id));",
        )
        .await;
    let role = format!("reader_of_policy_{}", std::process::id());
    schema
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'reader'; GRANT SELECT ON points TO {role};
             DO $$ BEGIN
                 EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema());
             END $$"
        ))
        .await;
    let mut config = schema.database();
    config.user(&role).password("reader");
    let source = pgfold_adapters::PostgresSource::new(config, by_id(), LIMIT);
    let refused = source.hold(ChunkCount::default(), &numbers(&COLUMNS), LIMIT).await.map(drop);
    drop(source);
    schema.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    let Err(Error::Invalid(why)) = &refused else { panic!("{refused:?}") };
    assert!(why.contains("elsewhere"), "{why}");
}

#[tokio::test]
async fn a_sample_has_no_instant_unless_it_is_repeatable() {
    let sample = |repeatable: &str| {
        format!(
            "{STORED} CREATE VIEW points AS
             SELECT * FROM stored TABLESAMPLE BERNOULLI (50) {repeatable}"
        )
    };
    has_no_instant(&schema(&sample("")).await, trusted(), "TABLESAMPLE").await;
    let repeatable = schema(&sample("REPEATABLE (7)")).await;
    assert!(hold(&repeatable, trusted()).await.unwrap().is_one_instant);
}

#[tokio::test]
async fn stable_functions_and_stored_copies_have_an_instant() {
    for sql in [
        format!(
            "{STORED} CREATE FUNCTION here(id INT) RETURNS BOOLEAN STABLE LANGUAGE plpgsql AS
                 'BEGIN RETURN id > 0; END';
             CREATE VIEW points AS SELECT * FROM stored WHERE here(id) AND abs(x2) >= 0"
        ),
        format!(
            "{STORED} CREATE MATERIALIZED VIEW points AS SELECT * FROM stored WHERE elsewhere(id)"
        ),
    ] {
        let schema = schema(&sql).await;
        assert!(hold(&schema, trusted()).await.unwrap().is_one_instant, "{sql}");
    }
}

/// The wheels have no postgres_fdw; `make engines` has servers that do.
#[tokio::test]
async fn a_foreign_table_and_what_reads_it_have_none() {
    let schema = schema(STORED).await;
    let client = connect(&schema.database()).await;
    let known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'";
    if client.query_one(known, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        eprintln!("this server has no postgres_fdw");
        return;
    }
    let config = schema.database();
    let (port, user) = (config.get_ports()[0], config.get_user().unwrap());
    let password = String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned();
    let server = format!("there_{}", std::process::id());
    let database = config.get_dbname().unwrap();
    let create = format!(
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA public;
         CREATE SERVER {server} FOREIGN DATA WRAPPER postgres_fdw
             OPTIONS (host '127.0.0.1', port '{port}', dbname '{database}');
         CREATE USER MAPPING FOR CURRENT_USER SERVER {server}
             OPTIONS (user '{user}', password '{password}');
         DO $$ BEGIN EXECUTE format(
             'CREATE FOREIGN TABLE far (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
                  SERVER {server} OPTIONS (schema_name %L, table_name ''stored'')',
             current_schema()); END $$;
         CREATE VIEW over_far AS SELECT * FROM far;
         CREATE TABLE parts (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
             PARTITION BY RANGE (id);
         CREATE TABLE near PARTITION OF parts FOR VALUES FROM (2000) TO (3000);
         ALTER TABLE parts ATTACH PARTITION far FOR VALUES FROM (0) TO (2000);"
    );
    schema.execute(&create).await;
    for name in ["far", "over_far", "parts"] {
        let columns = ["x1", "y1", "x2", "y2"];
        let table =
            SourceTable { trusted_key: true, ..SourceTable::new(name, "id", columns).unwrap() };
        has_no_instant(&schema, table, "the foreign table far is in another database").await;
    }
    schema.execute(&format!("DROP SERVER {server} CASCADE")).await;
}
