//! What PostgreSQL does to a source that memory cannot: wrong tables, lost connections, its own
//! arithmetic.

use std::time::{Duration, Instant};

use pgfold_adapters::{PostgresSource, SourceTable, config::DatabaseConfig};
use pgfold_core::{
    ChunkCount, Error, KeyRange, KeyStatistics, Plan, Result, Source,
    kernel::{FoldedChunk, Metric},
};
use pgfold_tests::{Gate, TestSchema, connect, min_distance};
use tokio_postgres::Config;

const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

const POINTS: &str = "CREATE TABLE points (
    id SERIAL UNIQUE NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT
)";

fn source(connection: Config) -> PostgresSource {
    PostgresSource::new(DatabaseConfig {
        connection,
        table: SourceTable::new("points", "id", COLUMNS),
        read_timeout: Duration::from_secs(30),
    })
}

async fn statistics(source: &PostgresSource) -> Result<Option<KeyStatistics>> {
    source.statistics(&COLUMNS).await
}

/// Folds the whole table in `chunks` chunks.
async fn fold(source: &PostgresSource, metric: Metric, chunks: u64) -> Vec<FoldedChunk> {
    let kernel = min_distance(metric).open().unwrap();
    let statistics = statistics(source).await.unwrap();
    let plan = Plan::new(statistics.as_ref(), ChunkCount::new(chunks).unwrap());
    let mut folded = Vec::new();
    for (_, range) in plan.chunks() {
        let mut fold = kernel.fold();
        source.read(range, kernel.columns(), &mut *fold).await.unwrap();
        folded.push(fold.finish().unwrap());
    }
    folded
}

async fn smallest(source: &PostgresSource, metric: Metric) -> serde_json::Value {
    let kernel = min_distance(metric);
    let chunks = fold(source, metric, 4).await;
    let mut partials = chunks.iter().map(|chunk| &chunk.partial);
    kernel.open().unwrap().answer(&mut partials).unwrap()
}

#[tokio::test]
async fn a_source_that_cannot_be_read_says_why() {
    let cases = [
        ("", "table \"points\" does not exist"),
        (
            "CREATE TABLE points (id SERIAL UNIQUE NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT)",
            "table \"points\" has no column \"y2\"",
        ),
        (
            "CREATE TABLE points (key SERIAL UNIQUE, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "table \"points\" has no column \"id\"",
        ),
        (
            "CREATE TABLE points (id INT UNIQUE, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"id\" of table \"points\" is integer; it must be NOT NULL to be the key",
        ),
        (
            "CREATE TABLE points (id INT NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"id\" of table \"points\" is integer; it must be unique by itself",
        ),
        (
            "CREATE TABLE points (id INT, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT,
                                  PRIMARY KEY (id, x1))",
            "column \"id\" of table \"points\" is integer; it must be unique by itself",
        ),
        (
            "CREATE TABLE points (id TEXT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"id\" of table \"points\" is text; it must be one of smallint, integer, bigint",
        ),
        (
            "CREATE TABLE points (id SERIAL PRIMARY KEY, x1 TEXT, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"x1\" of table \"points\" is text; it must be one of smallint, integer",
        ),
        (
            "CREATE TABLE points (id SERIAL PRIMARY KEY, x1 MONEY, y1 FLOAT, x2 FLOAT, y2 FLOAT)",
            "column \"x1\" of table \"points\" is money; it must be one of smallint, integer",
        ),
        (
            "CREATE TABLE points (id INT UNIQUE, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
             ALTER TABLE points ADD CONSTRAINT later NOT NULL id NOT VALID",
            "column \"id\" of table \"points\" is integer; it must be NOT NULL to be the key",
        ),
    ];
    for (sql, message) in cases {
        let schema = TestSchema::new(sql).await;
        let error = statistics(&source(schema.database())).await.unwrap_err();
        assert!(matches!(error, Error::Misconfigured(_)), "{error:?}");
        assert!(error.to_string().contains(message), "{error} is not {message}");
    }
}

#[tokio::test]
async fn a_table_without_privilege_is_misconfigured() {
    let schema = TestSchema::new(POINTS).await;
    let role = format!("reader_{}", std::process::id());
    schema.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'")).await;
    let mut config = schema.database();
    config.user(&role).password("reader");
    let error = statistics(&source(config)).await.unwrap_err();
    schema.execute(&format!("DROP ROLE {role}")).await;
    assert!(matches!(error, Error::Misconfigured(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_misconfigured() {
    let schema = TestSchema::new("").await;
    let mut config = schema.database();
    config.dbname("no_such_database");
    let error = statistics(&source(config)).await.unwrap_err();
    assert!(matches!(error, Error::Misconfigured(_)), "{error:?}");
    assert!(!error.to_string().contains("no_such_database"), "{error} is for the API's callers");
}

#[tokio::test]
async fn every_numeric_type_is_read() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id SMALLINT PRIMARY KEY, x1 INT, y1 NUMERIC, x2 REAL, y2 BIGINT);
         INSERT INTO points VALUES (-7, 1, 0.5, 4, 4), (3, 1, 1, 1.5, 1)",
    )
    .await;
    let answer = smallest(&source(schema.database()), Metric::Euclidean).await;
    assert_eq!(answer["distance"], 0.5);
    assert_eq!(answer["pair"]["id"], 3);
}

#[tokio::test]
async fn the_minimum_is_that_of_sql_bit_for_bit() {
    // Each row is a table of its own here: the distance of every row is compared, not just
    // that of the one that is the least.
    let schema = TestSchema::new(&format!(
        "{POINTS};
         SELECT setseed(0.1);
         INSERT INTO points (x1, y1, x2, y2)
         SELECT random() * 100, random() * 100, random() * 100, random() * 100
         FROM generate_series(1, 20000)"
    ))
    .await;
    let client = connect(&schema.database()).await;
    let sql = "SELECT id::int8, x1, y1, x2, y2, sqrt((x2-x1)^2 + (y2-y1)^2) AS distance
               FROM points";
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let mut differing_products = 0;
    for row in client.query(sql, &[]).await.unwrap() {
        let mut batch = pgfold_core::RowBatch::new(4);
        batch.push(row.get(0), (1..5).map(|column| row.get(column)));
        let mut fold = kernel.fold();
        fold.fold(&batch);
        let answer = kernel.answer(&mut [fold.finish().unwrap().partial].iter()).unwrap();
        let expected: f64 = row.get("distance");
        assert_eq!(answer["distance"].as_f64().unwrap().to_bits(), expected.to_bits());
        let [x1, y1, x2, y2]: [f64; 4] = std::array::from_fn(|column| row.get(column + 1));
        let product = ((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)).sqrt();
        differing_products += usize::from(product.to_bits() != expected.to_bits());
    }
    // Were it never so, these rows could not tell a product from Postgres' power.
    assert!(differing_products > 0);
}

#[tokio::test]
async fn coordinates_that_postgres_cannot_square_have_their_distance() {
    let schema = TestSchema::new(&format!(
        "{POINTS}; INSERT INTO points (x1, y1, x2, y2) VALUES
         (0, 0, 3e300, 4e300), (0, 0, 3e-300, 4e-300), ('NaN', 0, 0, 0), (NULL, 0, 0, 0)"
    ))
    .await;
    let source = source(schema.database());
    let answer = smallest(&source, Metric::Euclidean).await;
    assert_eq!(answer["distance"], 5e-300);
    schema.execute("DELETE FROM points WHERE x2 = 3e-300").await;
    assert_eq!(smallest(&source, Metric::Euclidean).await["distance"], 5e300);
    schema.execute("DELETE FROM points WHERE x2 = 3e300").await;
    assert_eq!(smallest(&source, Metric::Euclidean).await["distance"], serde_json::Value::Null);
}

/// The largest chunk's rows over the mean's.
async fn imbalance(source: &PostgresSource, chunks: u64) -> f64 {
    let folded = fold(source, Metric::Euclidean, chunks).await;
    let largest = folded.iter().map(|chunk| chunk.rows).max().unwrap();
    let rows: u64 = folded.iter().map(|chunk| chunk.rows).sum();
    largest as f64 * chunks as f64 / rows as f64
}

#[tokio::test]
async fn chunks_are_even_in_spite_of_skew_and_gaps() {
    // Nine tenths of the rows at one end of the ids, the rest up to a billion beyond.
    let skewed = format!(
        "{POINTS} WITH (autovacuum_enabled = off);
         INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 90000) g;
         INSERT INTO points SELECT g * 100000, 0, 0, g, g FROM generate_series(1, 10000) g"
    );
    let schema = TestSchema::new(&skewed).await;
    let source = source(schema.database());

    // Never analysed, so by a sample of a hundred of its 700 pages.
    let sampled = imbalance(&source, 4).await;
    assert!(sampled < 1.6, "the largest chunk has {sampled} times the mean");

    schema.execute("ANALYZE points").await;
    let analysed = imbalance(&source, 4).await;
    assert!(analysed < 1.1, "the largest chunk has {analysed} times the mean");

    // What is appended lies beyond the histogram, which now is passed over.
    schema
        .execute("INSERT INTO points SELECT 2e9 + g, 0, 0, g, g FROM generate_series(1, 90000) g")
        .await;
    let appended = imbalance(&source, 4).await;
    assert!(appended < 1.6, "the largest chunk has {appended} times the mean");
}

#[tokio::test]
async fn a_partitioned_table_is_read_as_one() {
    let schema = TestSchema::new(
        "CREATE TABLE points (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
             PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (50000);
         CREATE TABLE high PARTITION OF points FOR VALUES FROM (1000000) TO (2000000);
         INSERT INTO points SELECT g, 0, 0, g, g FROM generate_series(1, 40000) g;
         INSERT INTO points SELECT 1000000 + g, 0, 0, g, g FROM generate_series(1, 40000) g",
    )
    .await;
    let source = source(schema.database());
    let sampled = imbalance(&source, 4).await;
    assert!(sampled < 1.6, "the largest chunk has {sampled} times the mean");
    schema.execute("ANALYZE points").await;
    let analysed = imbalance(&source, 4).await;
    assert!(analysed < 1.1, "the largest chunk has {analysed} times the mean");
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let schema = TestSchema::new(&format!(
        "{POINTS}; INSERT INTO points (x1, y1, x2, y2) VALUES (0, 0, 3, 4)"
    ))
    .await;
    let mut config = schema.database();
    let gate = Gate::to(address(&config)).await;
    config = through(&config, &gate);
    let source = source(config);
    for _ in 0..3 {
        assert_eq!(smallest(&source, Metric::Euclidean).await["distance"], 5.0);
    }
    assert_eq!(gate.accepted(), 1, "one connection serves call after call");
    gate.sever().await;
    assert_eq!(smallest(&source, Metric::Euclidean).await["distance"], 5.0);
    assert_eq!(gate.accepted(), 2);
}

#[tokio::test]
async fn a_database_that_is_down_is_unavailable_at_once_and_back_when_it_is() {
    let schema = TestSchema::new(POINTS).await;
    let config = schema.database();
    let gate = Gate::to(address(&config)).await;
    let source = source(through(&config, &gate));
    statistics(&source).await.unwrap();

    gate.shut();
    unavailable(&source).await;
    gate.fall_silent();
    unavailable(&source).await;
    gate.open();
    statistics(&source).await.unwrap();

    // Silent under a connection that was good the moment before.
    gate.fall_silent();
    unavailable(&source).await;
    gate.open();
    statistics(&source).await.unwrap();
}

#[tokio::test]
async fn a_table_that_is_locked_is_no_reason_to_hang() {
    // As VACUUM FULL does.
    let schema = TestSchema::new(POINTS).await;
    let source = source(schema.database());
    let locker = connect(&schema.database()).await;
    locker.batch_execute("BEGIN; LOCK TABLE points").await.unwrap();
    unavailable(&source).await;

    // Nor does a backend go on waiting for a caller that is gone.
    let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'points'::regclass
                   AND NOT granted";
    let waiting = async || locker.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0);
    let patience = Instant::now() + Duration::from_secs(20);
    while waiting().await > 0 {
        assert!(Instant::now() < patience, "{} backends wait for nobody", waiting().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    locker.batch_execute("COMMIT").await.unwrap();
    statistics(&source).await.unwrap();
}

/// Planning fails as something that may heal, before an API's caller would give up.
async fn unavailable(source: &PostgresSource) {
    let started = Instant::now();
    let error = statistics(source).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: "postgres", .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn reading_stops_when_the_read_timeout_is_over() {
    let schema = TestSchema::new(
        "CREATE FUNCTION slow() RETURNS FLOAT LANGUAGE sql AS 'SELECT 0.0 FROM pg_sleep(0.05)';
         CREATE VIEW points AS
             SELECT id, slow() AS x1, 0.0 AS y1, 0.0 AS x2, 0.0 AS y2
             FROM generate_series(1, 1000) id",
    )
    .await;
    let source = PostgresSource::new(DatabaseConfig {
        connection: schema.database(),
        table: SourceTable::new("points", "id", COLUMNS),
        read_timeout: Duration::from_millis(300),
    });
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let range = KeyRange::new(0, None).unwrap();
    let error = source.read(range, &COLUMNS, &mut *kernel.fold()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(error.with_causes().contains("statement timeout"), "{error:?}");
}

#[tokio::test]
async fn a_reading_that_is_given_up_is_given_up_by_postgres() {
    let schema = TestSchema::new(
        "CREATE VIEW endless AS
             SELECT id, 0.0 AS x1, 0.0 AS y1, 0.0 AS x2, 0.0 AS y2
             FROM (SELECT generate_series(1, 1000000000) AS id) ids",
    )
    .await;
    let source = PostgresSource::new(DatabaseConfig {
        connection: schema.database(),
        table: SourceTable::new("endless", "id", COLUMNS),
        read_timeout: Duration::from_secs(600),
    });
    let client = connect(&schema.database()).await;
    let readers = async || -> i64 {
        let readers = "SELECT count(*) FROM pg_stat_activity
                       WHERE state = 'active' AND query LIKE '%FROM \"endless\"%'
                         AND pid <> pg_backend_pid()";
        client.query_one(readers, &[]).await.unwrap().get(0)
    };
    let until = async |expected: i64| {
        let patience = Instant::now() + Duration::from_secs(20);
        while readers().await != expected {
            assert!(Instant::now() < patience, "{} readers, not {expected}", readers().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };

    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let mut fold = kernel.fold();
    let range = KeyRange::new(1, None).unwrap();
    tokio::select! {
        read = source.read(range, &COLUMNS, &mut *fold) => panic!("{read:?}"),
        () = until(1) => {}
    }
    until(0).await;
}

#[tokio::test]
async fn memory_does_not_grow_with_the_chunk() {
    // Two million rows are 130 MB on the wire.
    let schema = TestSchema::new(
        "CREATE VIEW points AS
             SELECT id, 0.0::float8 AS x1, 0.0::float8 AS y1, id::float8 AS x2, 0.0::float8 AS y2
             FROM (SELECT generate_series(1, 2000000) AS id) ids",
    )
    .await;
    let source = source(schema.database());
    let kernel = min_distance(Metric::Euclidean).open().unwrap();
    let before = peak_memory_kb();
    let mut fold = kernel.fold();
    source.read(KeyRange::new(1, None).unwrap(), &COLUMNS, &mut *fold).await.unwrap();
    assert_eq!(fold.finish().unwrap().rows, 2_000_000);
    let grown = peak_memory_kb() - before;
    assert!(grown < 32_000, "the peak rose by {grown} KB");
}

/// The most memory that this process ever had resident.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

fn address(config: &Config) -> std::net::SocketAddr {
    let [tokio_postgres::config::Host::Tcp(host)] = config.get_hosts() else {
        panic!("the local cloud's database has one TCP address, not {:?}", config.get_hosts())
    };
    format!("{host}:{}", config.get_ports()[0]).parse().unwrap()
}

/// The same database behind a gate.
fn through(config: &Config, gate: &Gate) -> Config {
    let mut behind = Config::new();
    behind.host(gate.address().ip().to_string()).port(gate.address().port());
    behind.user(config.get_user().unwrap()).dbname(config.get_dbname().unwrap());
    behind.options(config.get_options().unwrap());
    if let Some(password) = config.get_password() {
        behind.password(password);
    }
    behind
}
