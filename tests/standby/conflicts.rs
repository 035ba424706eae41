//! Queries of a standby that are cancelled for what its primary writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use pgfold_tests::{connect, local_cloud};
use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};

use crate::standby::servers::{ROWS, Standby};

/// PostgreSQL's own: of a query, and of a session that meets a conflict between two queries.
const WORDS: [&str; 2] = [
    "canceling statement due to conflict with recovery (SQLSTATE 40001)",
    "terminating connection due to conflict with recovery (SQLSTATE 40001)",
];

fn is_of_conflict(error: &Value) -> bool {
    error.as_str().is_some_and(|error| WORDS.iter().any(|words| error.contains(words)))
}

/// Rows of `churned` that die and are cleaned away, again and again, until it is ended.
struct Churn {
    goes_on: Arc<AtomicBool>,
    writer: JoinHandle<()>,
}

impl Churn {
    async fn begin() -> Self {
        let primary = connect(&local_cloud("PRIMARY_URL").parse().unwrap()).await;
        let goes_on = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&goes_on);
        let writer = tokio::spawn(async move {
            while asked.load(Ordering::Relaxed) {
                primary.batch_execute("UPDATE churned SET x = x WHERE id <= 200").await.unwrap();
                primary.batch_execute("VACUUM (TRUNCATE off) churned").await.unwrap();
                sleep(Duration::from_millis(50)).await;
            }
        });
        Self { goes_on, writer }
    }

    async fn end(self) {
        self.goes_on.store(false, Ordering::Relaxed);
        self.writer.await.unwrap();
    }
}

/// A completed job over `churned`, which must have read every row once.
fn assert_right(job: &Value) {
    assert_eq!(job["state"], "completed", "{job}");
    let sum = (ROWS * (ROWS + 1) / 2) as f64;
    assert_eq!((&job["rows"], job["answer"]["sum"].as_f64()), (&ROWS.into(), Some(sum)));
}

#[tokio::test]
async fn a_job_that_replication_keeps_cancelling_fails_with_the_words_of_postgres() {
    let standby = Standby::with_table().await;
    let before = standby.conflicts().await;
    let job_id = standby.submit_slow().await;
    let churn = Churn::begin().await;
    let job = standby.ended(&job_id, |_| ()).await;
    churn.end().await;
    assert!(standby.conflicts().await > before, "no query was cancelled: {job}");
    assert_eq!(job["state"], "failed", "{job}");
    let reason = job["error"].as_str().unwrap_or_default();
    assert!(reason.contains("given up after 3 attempts: "), "{job}");
    assert!(is_of_conflict(&job["error"]), "{job}");
}

#[tokio::test]
async fn a_pending_job_says_which_words_cancelled_its_attempts() {
    let standby = Standby::with_table().await;
    let job_id = standby.submit_slow().await;
    let churn = Churn::begin().await;
    let mut seen = false;
    let look = |job: &Value| seen |= is_of_conflict(&job["last_error"]["error"]);
    standby.ended(&job_id, look).await;
    churn.end().await;
    assert!(seen, "nothing was said of {job_id} until it ended");
}

#[tokio::test]
async fn a_job_that_replication_cancels_once_comes_back_and_is_right() {
    let standby = Standby::with_table().await;
    let before = standby.conflicts().await;
    let job_id = standby.submit_slow().await;
    let churn = Churn::begin().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while standby.conflicts().await == before {
        assert!(Instant::now() < deadline, "no query was cancelled");
        sleep(Duration::from_millis(10)).await;
    }
    churn.end().await;
    assert_right(&standby.ended(&job_id, |_| ()).await);
}

#[tokio::test]
async fn a_job_is_not_cancelled_where_the_primary_hears_of_it() {
    let standby = Standby::with_table().await;
    feedback(&standby, true).await;
    let before = standby.conflicts().await;
    let job_id = standby.submit_slow().await;
    let churn = Churn::begin().await;
    let job = standby.ended(&job_id, |_| ()).await;
    churn.end().await;
    feedback(&standby, false).await;
    assert_right(&job);
    assert_eq!(standby.conflicts().await, before);
}

/// Sets `hot_standby_feedback`, and waits until the primary knows.
async fn feedback(standby: &Standby, on: bool) {
    let set = format!("ALTER SYSTEM SET hot_standby_feedback = {on}");
    standby.replica.batch_execute(&set).await.unwrap();
    standby.replica.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let known = "SELECT backend_xmin IS NOT NULL FROM pg_stat_replication";
    let deadline = Instant::now() + Duration::from_secs(30);
    while standby.primary.query_one(known, &[]).await.unwrap().get::<_, bool>(0) != on {
        assert!(Instant::now() < deadline, "the primary does not hear that feedback is {on}");
        sleep(Duration::from_millis(50)).await;
    }
}
