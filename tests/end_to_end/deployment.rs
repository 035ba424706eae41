//! The API of the deployed template, and the database behind it.
//!
//! The functions read the table `points` by that bare name, and the role that they connect as
//! has a schema of its own first in its search path. A test that wants another table than the
//! million rows makes it there, alone; the others share the million rows.

use std::time::{Duration, Instant};

use pgfold_adapters::new_job_id;
use pgfold_tests::{connect, disposable_database, local_cloud};
use reqwest::{Client as Http, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio_postgres::Client as Database;

const MINIMUM: &str = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points";

/// Held shared by those who read the million rows, alone by those who put another table before
/// them, take something away, or must see no other job.
static LOCK: RwLock<()> = RwLock::const_new(());

/// Waits until no other test uses the deployment, and keeps it so.
pub(crate) async fn nobody_else() -> RwLockWriteGuard<'static, ()> {
    LOCK.write().await
}

/// The API, and the database behind it while nobody else changes it.
pub(crate) struct Deployment {
    pub(crate) http: Http,
    pub(crate) url: String,
    pub(crate) database: Database,
    pub(crate) schema: String,
    _lock: Lock,
}

/// Held, not read.
enum Lock {
    Shared(#[expect(dead_code)] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code)] RwLockWriteGuard<'static, ()>),
}

impl Deployment {
    /// With the table of a million rows.
    pub(crate) async fn with_million_rows() -> Self {
        Self::locked(Lock::Shared(LOCK.read().await)).await
    }

    /// With the table of a million rows, and nobody else who needs it.
    pub(crate) async fn alone() -> Self {
        Self::locked(Lock::Alone(nobody_else().await)).await
    }

    /// With the table that `sql` makes of `points` in place of the million rows.
    pub(crate) async fn with_table(sql: &str) -> Self {
        let deployment = Self::alone().await;
        deployment.sql(&format!("CREATE SCHEMA {}; {sql}", deployment.schema)).await;
        deployment
    }

    async fn locked(lock: Lock) -> Self {
        let config = disposable_database();
        let schema = config.get_user().expect("a user in DATABASE_URL").to_owned();
        let database = connect(&config).await;
        let http = Http::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        let url = local_cloud("API_URL");
        let deployment = Self { http, url, database, schema, _lock: lock };
        // What a test left that failed.
        deployment.sql(&format!("DROP SCHEMA IF EXISTS {} CASCADE", deployment.schema)).await;
        deployment
    }

    pub(crate) async fn sql(&self, sql: &str) {
        if let Err(error) = self.database.batch_execute(sql).await {
            panic!("{sql}: {error:?}");
        }
    }

    /// Runs `work` while the database takes no connection, and has closed those that
    /// functions had.
    pub(crate) async fn without_database<T>(&self, work: impl Future<Output = T>) -> T {
        // From another database, for a database does not shut itself out.
        let mut config = disposable_database();
        let name = config.get_dbname().expect("a database in DATABASE_URL").to_owned();
        let outside = connect(config.dbname("postgres")).await;
        let allow = |allowed| format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}");
        outside.batch_execute(&allow(false)).await.unwrap();
        let close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE application_name = 'pgfold'";
        let closed = outside.batch_execute(close).await;
        let done = work.await;
        // Before anything can fail: the tests that follow need the database.
        outside.batch_execute(&allow(true)).await.unwrap();
        closed.unwrap();
        done
    }

    pub(crate) async fn minimum(&self) -> Option<f64> {
        self.database.query_one(MINIMUM, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> Response {
        self.try_post(body).await.expect("the API of the local cloud")
    }

    pub(crate) async fn try_post(
        &self,
        body: impl Into<reqwest::Body>,
    ) -> reqwest::Result<Response> {
        let url = format!("{}/compute_min_distance", self.url);
        let request = self.http.post(url).header("content-type", "application/json").body(body);
        request.send().await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.url));
        request.send().await.expect("the API of the local cloud")
    }

    /// What the API answers about a job: `DELETE`, or `POST` to `retry`.
    pub(crate) async fn act(&self, method: Method, job_id: &str, on: &str) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}/tasks/{job_id}{on}", self.url));
        let response = request.send().await.expect("the API of the local cloud");
        (response.status(), response.json().await.unwrap())
    }

    /// Submits a job that must be taken, and returns its task id.
    pub(crate) async fn submit(&self, body: Value) -> String {
        let response = self.post(body.to_string()).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(body["status"], "task submitted");
        body["task_id"].as_str().unwrap().to_owned()
    }

    /// What the API answers to a request of `POST /tasks` with these query parameters.
    pub(crate) async fn ask(&self, parameters: &str, task: &Value) -> (StatusCode, Value) {
        self.ask_once(parameters, &new_job_id().to_string(), task).await
    }

    /// The same under an idempotency key.
    pub(crate) async fn ask_once(
        &self,
        parameters: &str,
        key: &str,
        task: &Value,
    ) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}/tasks{parameters}", self.url));
        let request = request.header("idempotency-key", key).body(task.to_string());
        let response = request.send().await.expect("the API of the local cloud");
        (response.status(), response.json().await.unwrap())
    }

    /// The job of a request of `POST /tasks` that must be taken, once it has ended.
    pub(crate) async fn ended(&self, task: &Value) -> Value {
        let (status, submitted) = self.ask("", task).await;
        assert_eq!(status, StatusCode::OK, "{task}: {submitted}");
        let path = format!("/tasks/{}", submitted["task_id"].as_str().unwrap());
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let job: Value = self.get(&path).await.json().await.unwrap();
            if job["state"] != "pending" {
                return job;
            }
            assert!(Instant::now() < deadline, "{path} is pending after two minutes");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The same of a job that must complete.
    pub(crate) async fn completed(&self, task: &Value) -> Value {
        let job = self.ended(task).await;
        assert_eq!(job["state"], "completed", "{task}: {job}");
        job
    }

    /// What SQL says, as JSON.
    pub(crate) async fn json(&self, sql: &str) -> Value {
        let asked = format!("SELECT to_json(({sql}))::text");
        let row = self.database.query_one(&asked, &[]).await;
        let row = row.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        serde_json::from_str(row.get::<_, Option<&str>>(0).unwrap_or("null")).unwrap()
    }

    /// Polls the result until it is no longer 204.
    pub(crate) async fn wait(&self, job_id: &str) -> (StatusCode, Value) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let response = self.get(&format!("/get_min_distance/{job_id}")).await;
            let status = response.status();
            if status != StatusCode::NO_CONTENT {
                return (status, response.json().await.unwrap());
            }
            assert!(response.headers().contains_key("x-chunks-done"));
            assert_eq!(response.text().await.unwrap(), "");
            assert!(Instant::now() < deadline, "{job_id} is pending after two minutes");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Starts a job of 64 chunks, which takes a while, and waits until one of them is done.
    pub(crate) async fn in_the_middle_of_a_job(&self) -> String {
        let job_id = self.submit(json!({ "chunks": 64, "metric": "geodesic" })).await;
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let pending = self.get(&format!("/get_min_distance/{job_id}")).await;
            assert_eq!(
                pending.status(),
                StatusCode::NO_CONTENT,
                "the job is too fast for the test"
            );
            // Chunks are counted by sixteen.
            if pending.headers()["x-chunks-done"] != "0/64" {
                return job_id;
            }
            assert!(Instant::now() < deadline, "no chunk of {job_id} is done");
        }
    }

    /// The result of a job that must complete.
    pub(crate) async fn run(&self, body: Value) -> Value {
        let (status, result) = self.wait(&self.submit(body).await).await;
        assert_eq!(status, StatusCode::OK, "{result}");
        assert_eq!(result["status"], "task completed");
        result
    }

    /// Puts the million rows back.
    pub(crate) async fn restore(self) {
        self.sql(&format!("DROP SCHEMA {} CASCADE", self.schema)).await;
    }
}

/// The distance in the string `result`, which must read back as the number in `distance`.
pub(crate) fn distance(result: &Value) -> f64 {
    let text = result["result"].as_str().unwrap_or_else(|| panic!("{result}"));
    let distance: f64 = text.parse().unwrap();
    assert_eq!(result["distance"].as_f64().map(f64::to_bits), Some(distance.to_bits()));
    distance
}
