//! The deployed API over a standby, and its primary.

use std::time::{Duration, Instant};

use pgfold_tests::{connect, disposable_database, local_cloud};
use reqwest::Client as Http;
use serde_json::{Value, json};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::sleep,
};
use tokio_postgres::{Client as Database, types::FromSql};

/// A conflict cancels every query of the standby, so one test runs at a time.
static LOCK: Mutex<()> = Mutex::const_new(());

/// Longer than the stack's `JobDeadline`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The rows of `churned`, which the source `slow` reads in some four seconds.
pub(crate) const ROWS: i64 = 20_000;

/// A standby that nobody else uses.
pub(crate) struct Standby {
    pub(crate) primary: Database,
    pub(crate) replica: Database,
    http: Http,
    api: String,
    _lock: MutexGuard<'static, ()>,
}

impl Standby {
    pub(crate) async fn alone() -> Self {
        let lock = LOCK.lock().await;
        let primary = local_cloud("PRIMARY_URL").parse().expect("a URL of a database");
        let standby = Self {
            primary: connect(&primary).await,
            replica: connect(&disposable_database()).await,
            http: Http::builder().timeout(Duration::from_secs(60)).build().expect("a client"),
            api: local_cloud("API_URL"),
            _lock: lock,
        };
        // What an earlier test wrote cancels no query of this one.
        standby.caught_up().await;
        standby
    }

    /// With the table `churned` on both servers.
    pub(crate) async fn with_table() -> Self {
        let standby = Self::alone().await;
        standby
            .write(&format!(
                "DROP TABLE IF EXISTS churned;
                 CREATE TABLE churned (id BIGINT PRIMARY KEY, x FLOAT);
                 INSERT INTO churned SELECT g, g FROM generate_series(1, {ROWS}) g;"
            ))
            .await;
        standby.write("VACUUM ANALYZE churned").await;
        standby.caught_up().await;
        standby
    }

    pub(crate) async fn write(&self, sql: &str) {
        self.primary.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Waits until the standby has what the primary has now.
    pub(crate) async fn caught_up(&self) {
        let now = "SELECT pg_current_wal_lsn()::text";
        let now: String = self.primary.query_one(now, &[]).await.unwrap().get(0);
        let has = format!("SELECT pg_last_wal_replay_lsn() >= '{now}'::pg_lsn");
        let deadline = Instant::now() + LONGEST_WAIT;
        while !self.ask::<bool>(&has).await {
            assert!(Instant::now() < deadline, "the standby does not follow");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many queries of the standby were cancelled for what its primary wrote.
    pub(crate) async fn conflicts(&self) -> i64 {
        let conflicts =
            "SELECT coalesce(sum(confl_snapshot + confl_lock + confl_bufferpin), 0)::int8
                         FROM pg_stat_database_conflicts";
        self.ask(conflicts).await
    }

    /// What the standby answers, which may cancel a query of the test as well.
    async fn ask<T: for<'a> FromSql<'a>>(&self, sql: &str) -> T {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            match self.replica.query_one(sql, &[]).await {
                Ok(row) => return row.get(0),
                Err(error) => assert!(Instant::now() < deadline, "{sql}: {error:?}"),
            }
        }
    }

    /// Starts a job, and returns its id.
    pub(crate) async fn submit(&self, query: &Value) -> String {
        let request = self.http.post(format!("{}/tasks", self.api)).json(query);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["task_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// A job over `churned` in two chunks, which takes its mappers some two seconds each.
    pub(crate) async fn submit_slow(&self) -> String {
        self.submit(&json!({
            "source": "slow", "kernel": "summary", "columns": ["x"], "chunks": 2
        }))
        .await
    }

    /// All that the API tells of a job.
    pub(crate) async fn job(&self, job_id: &str) -> Value {
        let request = self.http.get(format!("{}/tasks/{job_id}", self.api));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// A job once it has ended; `look` sees it as it is until then.
    pub(crate) async fn ended(&self, job_id: &str, mut look: impl FnMut(&Value)) -> Value {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let job = self.job(job_id).await;
            if job["state"] != "pending" {
                return job;
            }
            look(&job);
            assert!(Instant::now() < deadline, "{job_id} is pending past its deadline: {job}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn run(&self, query: &Value) -> Value {
        let job_id = self.submit(query).await;
        self.ended(&job_id, |_| ()).await
    }
}
