//! What a job leaves on the connections of a pooler, which other clients of its role use after it.

use std::time::Duration;

use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{ChunkCount, FoldRows, KeyRef, Result, RowBatch, SnapshotId, Source};
use pgfold_tests::{connect, disposable_database, numbers, pooled};
use tokio_postgres::{Client, Config, NoTls};

const COLUMNS: [&str; 2] = ["x", "y"];
const ROWS: i64 = 10_000;

/// How many connections the pool has that all clients of this test share.
const CONNECTIONS: usize = 2;

/// What a pooler sets itself, to what a client asks for as it connects.
const OF_POOLER: [&str; 4] = ["application_name", "client_encoding", "DateStyle", "TimeZone"];

/// The pool that its configuration calls `shared`.
fn shared() -> Config {
    pooled(&disposable_database(), "shared").expect("POOLER_ADDRESS, which `make engines` sets")
}

/// Another client of the pool, of the same role.
async fn client() -> Client {
    let (client, connection) = shared().connect(NoTls).await.expect("the pooler");
    tokio::spawn(connection);
    client
}

/// Counts rows instead of folding them.
#[derive(Default)]
struct Count(i64);

impl FoldRows for Count {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        batch.for_each(|_: KeyRef<'_>, _: [Option<f64>; 2]| self.0 += 1)
    }
}

async fn read_all(source: &PostgresSource, in_snapshot: bool) -> i64 {
    let (chunks, projection) = (ChunkCount::new(4).unwrap(), numbers(&COLUMNS));
    let limit = Duration::from_secs(60);
    let held = match in_snapshot {
        true => Some(source.hold(chunks, &projection, limit).await.unwrap()),
        false => None,
    };
    let plan = match &held {
        Some((planned, _)) => planned.plan.clone(),
        None => source.plan(chunks, &projection).await.unwrap().plan,
    };
    let snapshot: Option<&SnapshotId> = held.as_ref().map(|(_, held)| held.id());
    let mut count = Count::default();
    for (_, range) in plan.chunks() {
        let reading = source.begin(snapshot).await.unwrap();
        reading.read(&range, &projection, &mut count).await.unwrap();
    }
    if let Some((_, held)) = held {
        held.release().await.unwrap();
    }
    count.0
}

#[tokio::test]
async fn other_clients_of_the_pool_can_write_after_a_job_and_find_no_setting_of_its() {
    let owner = connect(&disposable_database()).await;
    let sql = format!(
        "DROP TABLE IF EXISTS pooled;
         CREATE TABLE pooled (id BIGINT PRIMARY KEY, x FLOAT, y FLOAT);
         INSERT INTO pooled SELECT g, g, g FROM generate_series(1, {ROWS}) g;
         ANALYZE pooled"
    );
    owner.batch_execute(&sql).await.unwrap();
    for in_snapshot in [false, true] {
        let table = SourceTable::new("pooled", "id", COLUMNS).unwrap();
        let source = PostgresSource::new(shared(), table, Duration::from_secs(30));
        assert_eq!(read_all(&source, in_snapshot).await, ROWS);
        drop(source);
        // At the same time, so that none of the pool's connections is left out.
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            let client = client().await;
            client.batch_execute("BEGIN").await.unwrap();
            clients.push(client);
        }
        for client in clients {
            let set = "SELECT array_agg(name || ' = ' || setting) FROM pg_settings
                       WHERE source = 'session' AND NOT name = ANY ($1)";
            let names: Vec<&str> = OF_POOLER.to_vec();
            let set: Option<Vec<String>> = client.query_one(set, &[&names]).await.unwrap().get(0);
            assert_eq!(set, None, "in_snapshot = {in_snapshot}");
            for (setting, expected) in [
                ("default_transaction_read_only", "off"),
                ("transaction_read_only", "off"),
                ("transaction_isolation", "read committed"),
                ("statement_timeout", "0"),
            ] {
                let row = client.query_one(&format!("SHOW {setting}"), &[]).await.unwrap();
                assert_eq!(row.get::<_, &str>(0), expected, "{setting}");
            }
            client.batch_execute("CREATE TEMP TABLE own (id INT)").await.unwrap();
            client.batch_execute("INSERT INTO pooled VALUES (0, 0, 0)").await.unwrap();
            client.batch_execute("ROLLBACK").await.unwrap();
        }
    }
}
