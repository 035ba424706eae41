//! Settings of roles, databases and servers: none of them changes an answer.

use std::time::Duration;

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{Consistency, KeyRange, Source, kernel::Metric};
use pgfold_tests::{TestSchema, connect, min_distance, numbers};

use crate::postgres::chunks::{COLUMNS, by_id, read, schema};

/// A source whose every session has a setting.
fn with_setting(schema: &TestSchema, table: SourceTable, setting: &str) -> PostgresSource {
    let mut config = schema.database();
    let options = config.get_options().unwrap().to_owned();
    config.options(format!("{options} -c {setting}"));
    PostgresSource::new(config, table, Duration::from_secs(30))
}

async fn version(schema: &TestSchema) -> i32 {
    let client = connect(&schema.database()).await;
    let version = "SELECT current_setting('server_version_num')::int / 10000";
    client.query_one(version, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn no_setting_of_a_session_changes_what_is_read() {
    let schema = schema(
        "CREATE TABLE points (id TEXT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points SELECT 'n' || g, 0, 0, g, g FROM generate_series(1, 2000) g",
    )
    .await;
    for setting in [
        "quote_all_identifiers=on",
        "extra_float_digits=-15",
        "datestyle=German",
        "intervalstyle=iso_8601",
        "bytea_output=escape",
        "timezone=Asia/Kathmandu",
        "lock_timeout=1",
        "idle_in_transaction_session_timeout=1",
        "synchronize_seqscans=on",
        "default_transaction_isolation=serializable",
        "default_transaction_deferrable=on",
        "default_transaction_read_only=off",
    ] {
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            let chunks = read(&with_setting(&schema, by_id(), setting), consistency, 4).await;
            let chunks = chunks.unwrap_or_else(|error| panic!("{setting}: {error:?}"));
            assert_eq!(chunks.rows(), 2000, "{setting}");
            assert_eq!(chunks.answer()["pair"]["id"], "n1", "{setting}");
        }
    }
}

#[tokio::test]
async fn statements_and_transactions_may_take_longer_than_their_role_says() {
    let schema = schema(
        "CREATE FUNCTION slowly() RETURNS BOOLEAN STABLE LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(0.8); RETURN true; END';
         CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 10) g",
    )
    .await;
    let limits_transactions = version(&schema).await >= 17;
    let settings = ["statement_timeout=500", "transaction_timeout=500"];
    for setting in settings.into_iter().take(1 + usize::from(limits_transactions)) {
        let slow = SourceTable { filter: Some("slowly()".to_owned()), ..by_id() };
        let source = with_setting(&schema, slow, setting);
        let kernel = min_distance(Metric::Euclidean).open().unwrap();
        let mut fold = kernel.fold();
        let all = KeyRange::new(Some(1.into()), None).unwrap().into();
        let reading = source.begin(None).await.unwrap();
        reading.read(&all, &numbers(&COLUMNS), &mut *fold).await.unwrap();
        assert_eq!(fold.finish().unwrap().rows, 10, "{setting}");
    }
}
