//! The deployed template, through its API: the answers are those of SQL.
//!
//! The functions read the table `points` by that bare name, and the role that they connect as
//! has a schema of its own first in its search path. A test that wants another table than the
//! million rows makes it there, alone; the others share the million rows.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use pgfold_adapters::{config::StoreConfig, open_store, sdk_config};
use pgfold_tests::{connect, disposable_database, local_cloud};
use reqwest::{Client as Http, Response, StatusCode};
use serde_json::{Value, json};
use tokio_postgres::Client as Database;

const MINIMUM: &str = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points";

/// Held shared by those who read the million rows, alone by those who put another table before
/// them. Any number that nobody else locks.
const LOCK: i64 = 0x7067_666f_6c64;

/// The API, and the database behind it while nobody else changes it.
struct Deployment {
    http: Http,
    url: String,
    database: Database,
    schema: String,
}

impl Deployment {
    /// With the table of a million rows.
    async fn with_million_rows() -> Self {
        Self::locked("SELECT pg_advisory_lock_shared").await
    }

    /// With the table that `sql` makes of `points` in place of the million rows.
    async fn with_table(sql: &str) -> Self {
        let deployment = Self::locked("SELECT pg_advisory_lock").await;
        deployment.sql(&format!("CREATE SCHEMA {}; {sql}", deployment.schema)).await;
        deployment
    }

    async fn locked(lock: &str) -> Self {
        let config = disposable_database();
        let schema = config.get_user().expect("a user in DATABASE_URL").to_owned();
        let database = connect(&config).await;
        let lock = format!("SET lock_timeout = '5min'; {lock}({LOCK})");
        database.batch_execute(&lock).await.expect("the lock that other tests hold");
        let http = Http::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        let deployment = Self { http, url: local_cloud("API_URL"), database, schema };
        // What a test left that failed.
        deployment.sql(&format!("DROP SCHEMA IF EXISTS {} CASCADE", deployment.schema)).await;
        deployment
    }

    async fn sql(&self, sql: &str) {
        if let Err(error) = self.database.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }

    async fn minimum(&self) -> Option<f64> {
        self.database.query_one(MINIMUM, &[]).await.unwrap().get(0)
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> Response {
        self.try_post(body).await.expect("the API of the local cloud")
    }

    async fn try_post(&self, body: impl Into<reqwest::Body>) -> reqwest::Result<Response> {
        let url = format!("{}/compute_min_distance", self.url);
        let request = self.http.post(url).header("content-type", "application/json").body(body);
        request.send().await
    }

    async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.url));
        request.send().await.expect("the API of the local cloud")
    }

    /// Submits a job that must be taken, and gives its task id.
    async fn submit(&self, body: Value) -> String {
        let response = self.post(body.to_string()).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(body["status"], "task submitted");
        body["task_id"].as_str().unwrap().to_owned()
    }

    /// Polls the result until it is no longer 204.
    async fn wait(&self, task_id: &str) -> (StatusCode, Value) {
        let patience = Instant::now() + Duration::from_secs(120);
        loop {
            let response = self.get(&format!("/get_min_distance/{task_id}")).await;
            let status = response.status();
            if status != StatusCode::NO_CONTENT {
                return (status, response.json().await.unwrap());
            }
            assert!(response.headers().contains_key("x-chunks-done"));
            assert_eq!(response.text().await.unwrap(), "");
            assert!(Instant::now() < patience, "{task_id} is pending after two minutes");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The result of a job that must complete.
    async fn run(&self, body: Value) -> Value {
        let (status, result) = self.wait(&self.submit(body).await).await;
        assert_eq!(status, StatusCode::OK, "{result}");
        assert_eq!(result["status"], "task completed");
        result
    }

    /// Puts the million rows back.
    async fn restore(self) {
        self.sql(&format!("DROP SCHEMA {} CASCADE", self.schema)).await;
    }
}

/// A distance as its string in `result` has it, which must read back as the number beside it.
fn distance(result: &Value) -> f64 {
    let text = result["result"].as_str().unwrap_or_else(|| panic!("{result}"));
    let distance: f64 = text.parse().unwrap();
    assert_eq!(result["distance"].as_f64().map(f64::to_bits), Some(distance.to_bits()));
    distance
}

#[tokio::test]
async fn the_health_check_answers() {
    let deployment = Deployment::with_million_rows().await;
    let response = deployment.get("/").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(response.text().await.unwrap(), "Hello, World!\n");
}

#[tokio::test]
async fn a_million_rows_have_the_answer_of_sql() {
    let deployment = Deployment::with_million_rows().await;
    let result = deployment.run(json!({})).await;
    let minimum = deployment.minimum().await.unwrap();
    assert_eq!(distance(&result).to_bits(), minimum.to_bits());
    assert_eq!((&result["rows"], &result["skipped"]), (&json!(1_000_000), &json!(0)));

    let chunks = result["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), 4);
    for (chunk, next) in chunks.iter().zip(&chunks[1..]) {
        assert_eq!(chunk["end"], next["start"]);
    }
    assert_eq!((&chunks[0]["start"], &chunks[3]["end"]), (&json!(1), &json!(1_000_001)));
    for chunk in chunks {
        let rows = chunk["rows"].as_u64().unwrap();
        assert!((225_000..275_000).contains(&rows), "{chunk}");
    }

    let pair = &result["pair"];
    let row = "SELECT id::int8, x1, y1, x2, y2 FROM points
               WHERE sqrt((x2-x1)^2 + (y2-y1)^2) = $1 ORDER BY id LIMIT 1";
    let row = deployment.database.query_one(row, &[&minimum]).await.unwrap();
    assert_eq!(pair["id"].as_i64(), Some(row.get(0)));
    for (column, name) in (1..).zip(["x1", "y1", "x2", "y2"]) {
        assert_eq!(pair[name].as_f64(), Some(row.get(column)), "{name}");
    }
}

#[tokio::test]
async fn a_job_is_kept_in_the_store_that_was_chosen() {
    local_cloud("STORE");
    let store = open_store(StoreConfig::from_env().unwrap(), &sdk_config().await);
    let deployment = Deployment::with_million_rows().await;
    let task_id = deployment.submit(json!({})).await;
    deployment.wait(&task_id).await;
    let progress = store.progress(task_id.parse().unwrap()).await.unwrap();
    assert_eq!(progress.done, 4);
}

#[tokio::test]
async fn the_answer_does_not_depend_on_the_number_of_chunks() {
    let deployment = Deployment::with_million_rows().await;
    let four = deployment.run(json!({})).await;
    for chunks in [1, 7, 64] {
        let result = deployment.run(json!({ "chunks": chunks })).await;
        assert_eq!(result["chunks"].as_array().unwrap().len(), chunks);
        for field in ["result", "pair", "rows", "skipped"] {
            assert_eq!(result[field], four[field], "{field} of {chunks} chunks");
        }
    }
}

#[tokio::test]
async fn eight_jobs_at_once_all_have_the_right_answer() {
    let deployment = Deployment::with_million_rows().await;
    let minimum = deployment.minimum().await.unwrap();
    let results = join_all((0..8).map(|_| deployment.run(json!({})))).await;
    for result in &results {
        assert_eq!(distance(result).to_bits(), minimum.to_bits());
        assert_eq!(result["rows"], 1_000_000);
    }
}

#[tokio::test]
async fn a_caller_that_waits_need_not_poll() {
    let deployment = Deployment::with_million_rows().await;
    let task_id = deployment.submit(json!({})).await;
    let url = format!("{}/get_min_distance/{task_id}", deployment.url);
    let response = deployment.http.get(url).header("prefer", "wait=20").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.json::<Value>().await.unwrap()["rows"], 1_000_000);
}

#[tokio::test]
async fn the_earths_distances_are_those_of_their_formulas() {
    // A tenth of the million rows has a latitude beyond the pole and so no distance.
    let deployment = Deployment::with_million_rows().await;
    let sql = "SELECT id::int8, metres FROM (
                   SELECT id, 2 * 6371008.8 * asin(sqrt(
                       sin(radians(y2 - y1) / 2) ^ 2
                       + cos(radians(y1)) * cos(radians(y2)) * sin(radians(x2 - x1) / 2) ^ 2
                   )) AS metres
                   FROM points WHERE y1 <= 90 AND y2 <= 90
               ) distances ORDER BY metres, id LIMIT 1";
    let nearest = deployment.database.query_one(sql, &[]).await.unwrap();
    let (id, metres): (i64, f64) = (nearest.get(0), nearest.get(1));
    let beyond = "SELECT count(*) FROM points WHERE y1 > 90 OR y2 > 90";
    let beyond: i64 = deployment.database.query_one(beyond, &[]).await.unwrap().get(0);

    let haversine = deployment.run(json!({ "metric": "haversine" })).await;
    assert_eq!(haversine["pair"]["id"].as_i64(), Some(id));
    assert!((distance(&haversine) / metres - 1.0).abs() < 1e-9, "{haversine}");
    assert_eq!(haversine["skipped"].as_i64(), Some(beyond));

    // The ellipsoid's distances lie within 0.6 % of the sphere's.
    let geodesic = deployment.run(json!({ "metric": "geodesic" })).await;
    assert!((distance(&geodesic) / metres - 1.0).abs() < 6e-3, "{geodesic}");
    assert_eq!(geodesic["skipped"].as_i64(), Some(beyond));
}

#[tokio::test]
async fn awkward_tables_have_the_answer_of_sql() {
    const COLUMNS: &str = "x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT";
    let tables = [
        ("empty", "BIGINT", ""),
        ("one row", "INT", "(1, 0, 0, 3, 4)"),
        ("fewer rows than chunks", "INT", "(1, 0, 0, 3, 4), (2, 0, 0, 0, 1), (9, 0, 0, 1, 1)"),
        ("all NULL", "INT", "(1, NULL, NULL, NULL, NULL), (2, 1, 2, 3, NULL)"),
        ("some NULL", "INT", "(1, NULL, 0, 0, 0), (2, 0, 0, 6, 8), (3, 0, 0, 0, 9)"),
        ("negative ids", "SMALLINT", "(-32768, 0, 0, 3, 4), (-5, 0, 0, 1, 0), (-1, 0, 0, 2, 0)"),
        (
            "the whole range of ids",
            "BIGINT",
            "(-9223372036854775808, 0, 0, 3, 4), (0, 0, 0, 2, 0), (9223372036854775807, 1, 1, 2, 1)",
        ),
        (
            "a gap of billions",
            "BIGINT",
            "(1, 0, 0, 3, 4), (2, 0, 0, 5, 5), (6000000000, 0, 0, 0, 0.5), (6000000001, 9, 9, 0, 0)",
        ),
        ("ties", "INT", "(5, 0, 0, 1, 0), (3, 0, 0, 0, 1), (4, 1, 1, 1, 2), (9, 0, 0, 2, 2)"),
        ("the same point", "INT", "(1, 0, 0, 1, 0), (2, 3.5, 3.5, 3.5, 3.5)"),
    ];
    for (name, key, values) in tables {
        let insert = match values {
            "" => String::new(),
            values => format!("INSERT INTO points VALUES {values};"),
        };
        // `points` is created in the schema that comes first, that of the role.
        let create = format!("CREATE TABLE points (id {key} PRIMARY KEY, {COLUMNS}); {insert}");
        let deployment = Deployment::with_table(&create).await;
        let result = deployment.run(json!({})).await;

        let rows = "SELECT count(*), count(*) FILTER (WHERE x1 + y1 + x2 + y2 IS NULL) FROM points";
        let counted = deployment.database.query_one(rows, &[]).await.unwrap();
        assert_eq!(result["rows"].as_i64(), Some(counted.get(0)), "{name}: {result}");
        assert_eq!(result["skipped"].as_i64(), Some(counted.get(1)), "{name}: {result}");

        let nearest = "SELECT id::int8, sqrt((x2-x1)^2 + (y2-y1)^2) FROM points
                       WHERE x1 + y1 + x2 + y2 IS NOT NULL ORDER BY 2, 1 LIMIT 1";
        match deployment.database.query_opt(nearest, &[]).await.unwrap() {
            Some(row) => {
                assert_eq!(distance(&result), row.get::<_, f64>(1), "{name}");
                assert_eq!(result["pair"]["id"].as_i64(), Some(row.get(0)), "{name}");
            }
            None => {
                let answer = (&result["result"], &result["distance"], &result["pair"]);
                assert_eq!(answer, (&Value::Null, &Value::Null, &Value::Null), "{name}");
            }
        }
        deployment.restore().await;
    }
}

#[tokio::test]
async fn bad_input_is_refused_with_a_sentence() {
    let deployment = Deployment::with_million_rows().await;
    for (body, sentence) in [
        ("nonsense", "the body is not a JSON object"),
        (r#"{"chunks": 0}"#, "chunks must be a whole number from 1 to 10000, not 0"),
        (r#"{"chunks": "four"}"#, "chunks must be a whole number from 1 to 10000, not \"four\""),
        (r#"{"metric": "taxicab"}"#, "metric must be euclidean or haversine or geodesic"),
        (r#"{"consistency": "snapshot"}"#, "consistency must be per-chunk, not \"snapshot\""),
        (r#"{"colour": "red"}"#, "unknown field colour"),
    ] {
        let response = deployment.post(body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["status"], "task not submitted");
        assert!(answer["error"].as_str().unwrap().contains(sentence), "{answer}");
    }
    for (id, status) in [
        ("42", StatusCode::BAD_REQUEST),
        ("agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d", StatusCode::NOT_FOUND),
    ] {
        let response = deployment.get(&format!("/get_min_distance/{id}")).await;
        assert_eq!(response.status(), status);
        let answer: Value = response.json().await.unwrap();
        assert!(answer["error"].as_str().unwrap().contains(id), "{answer}");
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_named() {
    let deployment = Deployment::with_table("CREATE TABLE points (id INT PRIMARY KEY)").await;
    let response = deployment.post("").await;
    deployment.restore().await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"], "table \"points\" has no column \"x1\"");
}

#[tokio::test]
async fn a_database_that_refuses_connections_is_a_503_until_it_is_back() {
    let deployment = Deployment::with_table(
        "CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points VALUES (1, 0, 0, 3, 4)",
    )
    .await;
    assert_eq!(distance(&deployment.run(json!({})).await), 5.0);

    // From another database, for a database does not shut itself out.
    let mut config = disposable_database();
    let name = config.get_dbname().unwrap().to_owned();
    let outside = connect(config.dbname("postgres")).await;
    let allow = |allowed| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}");
    outside.batch_execute(&allow(false)).await.unwrap();
    let close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'pgfold'";
    let closed = outside.batch_execute(close).await;
    let started = Instant::now();
    let refused = deployment.try_post("").await;
    let elapsed = started.elapsed();
    // Before anything can fail: the tests that follow need the database.
    outside.batch_execute(&allow(true)).await.unwrap();
    closed.unwrap();
    let refused = refused.unwrap();
    let (status, answer) = (refused.status(), refused.json::<Value>().await.unwrap());
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert_eq!(answer["error"], "postgres is unavailable");
    // A promise of the API, not a measurement: the caller is not kept waiting.
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");

    assert_eq!(distance(&deployment.run(json!({})).await), 5.0);
    deployment.restore().await;
}
