//! Submissions that meet a database without a connection to give.

use std::time::Duration;

use futures_util::future::join_all;
use pgfold_adapters::PostgresSource;
use pgfold_core::Error;
use pgfold_tests::TestSchema;

use crate::postgres::chunks::{analysed, by_id, plan};

const POINTS: &str = "
    CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
    INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 100) g;";

/// A schema, and the configuration of a role that has two connections at most.
async fn role_of_two(name: &str) -> (TestSchema, String, tokio_postgres::Config) {
    let schema = analysed(POINTS).await;
    let role = format!("{name}_{}", std::process::id());
    let sql = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'reader' CONNECTION LIMIT 2;
         DO $$ BEGIN
             EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema());
         END $$;
         GRANT SELECT ON points TO {role}"
    );
    schema.execute(&sql).await;
    let mut config = schema.database();
    config.user(&role).password("reader");
    (schema, role, config)
}

/// Plans once, over a connection of its own that is closed afterwards, as a function's would be.
async fn plan_alone(config: &tokio_postgres::Config) -> Result<usize, Error> {
    let source = PostgresSource::new(config.clone(), by_id(), Duration::from_secs(30));
    plan(&source, 4).await.map(|planned| planned.plan.len())
}

async fn drop_role(schema: &TestSchema, role: &str) {
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}';
         DROP OWNED BY {role}; DROP ROLE {role}"
    );
    schema.execute(&end).await;
}

#[tokio::test]
async fn more_submissions_than_connections_take_turns() {
    let (schema, role, config) = role_of_two("turns").await;
    let planned = join_all((0..6).map(|_| plan_alone(&config))).await;
    drop_role(&schema, &role).await;
    for chunks in planned {
        assert_eq!(chunks.unwrap(), 4);
    }
}

#[tokio::test]
async fn an_idle_connection_is_soon_given_to_those_who_wait() {
    let (schema, role, config) = role_of_two("idle").await;
    // Kept, as warm functions keep theirs.
    let source = || PostgresSource::new(config.clone(), by_id(), Duration::from_secs(30));
    let sources: Vec<PostgresSource> = (0..3).map(|_| source()).collect();
    let planned = join_all(sources.iter().map(|source| plan(source, 4))).await;
    let again = plan(&sources[0], 4).await;
    drop_role(&schema, &role).await;
    for planned in planned.into_iter().chain([again]) {
        assert_eq!(planned.unwrap().plan.len(), 4);
    }
}

#[tokio::test]
async fn a_submission_that_has_no_turn_says_why() {
    let (schema, role, config) = role_of_two("no_turn").await;
    let first = config.connect(tokio_postgres::NoTls).await.unwrap();
    let second = config.connect(tokio_postgres::NoTls).await.unwrap();
    let (clients, drivers) = ((first.0, second.0), (first.1, second.1));
    let drivers = (tokio::spawn(drivers.0), tokio::spawn(drivers.1));
    let error = plan_alone(&config).await.unwrap_err();
    drop((clients, drivers));
    drop_role(&schema, &role).await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    let why = error.to_string();
    assert!(why.starts_with("postgres is unavailable: ") && why.contains("53300"), "{why}");
}
