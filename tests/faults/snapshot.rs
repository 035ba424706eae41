//! A job reads one snapshot, and who holds it, or reads at it, is killed.

use std::{
    pin::pin,
    time::{Duration, Instant, SystemTime},
};

use pgfold_adapters::{SystemClock, memory::MemoryObjects};
use pgfold_core::{ChunkTask, JobState, Timestamp, job_state};
use pgfold_tests::{Ended, FunctionProcess, StoreKind, connect, http_event, sqs_event};
use serde_json::{Value, json};

use crate::faults::{
    GatedDeployment,
    inbox::Inbox,
    job::{is_acknowledgement, is_done},
    over_both_stores,
};

over_both_stores! {
    a_snapshot_ends_with_the_submission_that_holds_it
    a_chunk_whose_mapper_died_while_it_read_cannot_be_read_again
}

/// What a job says of a chunk that came too late.
const GONE: &str = "is not held any more, so this chunk cannot be read as the others were; submit \
                    the job again";

async fn a_snapshot_ends_with_the_submission_that_holds_it(deployment: GatedDeployment) {
    let job = SnapshotJob::new(&deployment).await;
    let submit = job.submit().await;
    let event = request();
    let mut invocation = pin!(submit.invoke(&event));
    let messages = tokio::select! {
        answer = &mut invocation => panic!("{answer:?}: {}", submit.logs()),
        messages = job.inbox.messages_to_come(2) => messages,
    };
    assert!(job.is_held().await, "{}", submit.logs());
    submit.kill().await;
    let ended = invocation.await;
    assert!(matches!(ended, Err(Ended::Died(_))), "{ended:?}");
    job.is_let_go_of().await;

    // Mappers that come later have nothing to read.
    let mapper = job.mapper().await;
    assert!(is_done(&mapper, &delivery(&messages[1], 1, 0)).await, "{}", mapper.logs());
    job.has_lost_the_chunk_of(&messages[1]).await;
}

#[tokio::test]
async fn a_frozen_submission_holds_its_snapshot_no_longer_than_postgres_lets_it() {
    let deployment = GatedDeployment::over(StoreKind::DynamoDb).await;
    let job = SnapshotJob::new(&deployment).await;
    let submit = job.submit().await;
    let event = request();
    let mut invocation = pin!(submit.invoke(&event));
    let messages = tokio::select! {
        answer = &mut invocation => panic!("{answer:?}: {}", submit.logs()),
        messages = job.inbox.messages_to_come(2) => messages,
    };
    submit.freeze();
    assert!(job.is_held().await, "{}", submit.logs());
    job.is_let_go_of().await;

    // It learns what time it is, and tells.
    submit.thaw();
    let answer = invocation.await.unwrap();
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let why = "attaching to the job's snapshot (0 of 2 chunks) took longer than 20s";
    assert_eq!(body(&answer)["error"], why);
    let JobState::Failed { reason, .. } = job.state(&messages[0]).await else { panic!("{why}") };
    assert_eq!(reason, why);
}

async fn a_chunk_whose_mapper_died_while_it_read_cannot_be_read_again(deployment: GatedDeployment) {
    let job = SnapshotJob::new(&deployment).await;
    // Mappers get no further than to their first row.
    let locker = connect(&deployment.schema.database()).await;
    locker.execute(&format!("SELECT pg_advisory_lock({LOCK})"), &[]).await.unwrap();
    let (submit, event) = (job.submit().await, request());
    let (dies, lives) = (job.mapper().await, job.mapper().await);
    let mut invocation = pin!(submit.invoke(&event));
    let messages = tokio::select! {
        answer = &mut invocation => panic!("{answer:?}: {}", submit.logs()),
        messages = job.inbox.messages_to_come(2) => messages,
    };
    let events: Vec<Value> = messages.iter().map(|message| delivery(message, 1, 0)).collect();
    let mut killed = pin!(dies.invoke(&events[0]));
    let mut reading = pin!(lives.invoke(&events[1]));
    let answer = tokio::select! {
        answer = &mut invocation => answer.unwrap(),
        early = &mut killed => panic!("{early:?}: {}", dies.logs()),
        early = &mut reading => panic!("{early:?}: {}", lives.logs()),
    };
    // Both are attached, so it need not be held.
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(body(&answer)["snapshot_held_ms"].is_u64(), "{answer}");
    assert!(!job.is_held().await);

    dies.kill().await;
    let ended = killed.await;
    assert!(matches!(ended, Err(Ended::Died(_))), "{ended:?}");
    locker.execute(&format!("SELECT pg_advisory_unlock({LOCK})"), &[]).await.unwrap();
    assert!(is_acknowledgement(&reading.await.unwrap()), "{}", lives.logs());
    // For all that is known, the other is still reading, as long as a mapper lives.
    let early = delivery(&messages[0], 2, 2);
    assert!(!is_done(&lives, &early).await, "{}", lives.logs());
    let state = job.state(&messages[0]).await;
    assert_eq!(state, JobState::Pending { done: 1, total: 2 });
    let late = delivery(&messages[0], 3, 61);
    assert!(is_done(&lives, &late).await, "{}", lives.logs());
    job.has_lost_the_chunk_of(&messages[0]).await;
}

fn request() -> Value {
    let body = r#"{"chunks": 2, "consistency": "snapshot"}"#;
    http_event("POST /compute_min_distance", &[], &[], Some(body))
}

/// The event that delivers a message for the `attempt`th time, for the first time some seconds
/// ago.
fn delivery(message: &str, attempt: u32, seconds: u64) -> Value {
    let first = SystemTime::now() - Duration::from_secs(seconds);
    let mut event = sqs_event([message], attempt);
    let attributes = &mut event["Records"][0]["attributes"];
    let first = Timestamp::from(first).as_millis();
    attributes["ApproximateFirstReceiveTimestamp"] = first.to_string().into();
    event
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

/// A lock that every reader of a row takes, shared with the other readers.
const LOCK: &str = "'points'::regclass::oid::int8";

/// A job that reads one snapshot, and a queue of its own.
struct SnapshotJob<'a> {
    deployment: &'a GatedDeployment,
    inbox: Inbox,
}

impl<'a> SnapshotJob<'a> {
    async fn new(deployment: &'a GatedDeployment) -> Self {
        Self { deployment, inbox: Inbox::create().await }
    }

    async fn submit(&self) -> FunctionProcess {
        self.function("submit").await
    }

    async fn mapper(&self) -> FunctionProcess {
        self.function("mapper").await
    }

    async fn function(&self, name: &str) -> FunctionProcess {
        let source = json!({
            "table": "points",
            "key": "id",
            "columns": ["x1", "y1", "x2", "y2"],
            "where": format!("pg_advisory_xact_lock_shared({LOCK}) IS NOT NULL"),
        });
        let environment = [
            ("CHUNKS_QUEUE_URL", self.inbox.url.clone()),
            ("SOURCES", json!({ "points": source }).to_string()),
        ];
        self.deployment.function(name, environment).await
    }

    /// Whether a transaction on the table is open, and its owner silent.
    async fn is_held(&self) -> bool {
        let held = "SELECT FROM pg_stat_activity JOIN pg_locks USING (pid)
                    WHERE relation = 'points'::regclass AND application_name = 'pgfold'
                      AND state LIKE 'idle in transaction%'";
        let client = connect(&self.deployment.schema.database()).await;
        !client.query(held, &[]).await.unwrap().is_empty()
    }

    /// Waits until nobody holds one.
    async fn is_let_go_of(&self) {
        // For PostgreSQL ends it after 25 seconds.
        let deadline = Instant::now() + Duration::from_secs(45);
        while self.is_held().await {
            assert!(Instant::now() < deadline, "the snapshot is held all the time");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The job has failed for the chunk of a message, which nobody can read any more.
    async fn has_lost_the_chunk_of(&self, message: &str) {
        let state = self.state(message).await;
        let JobState::Failed { chunks, .. } = state else { panic!("{state:?}") };
        let [failed] = &chunks[..] else { panic!("{chunks:?}") };
        assert_eq!(failed.chunk, ChunkTask::from_json(message).unwrap().chunk);
        let reason = &failed.reason;
        assert!(reason.starts_with("the job's snapshot "), "{reason}");
        assert!(reason.ends_with(GONE), "{reason}");
    }

    /// The state of a message's job.
    async fn state(&self, message: &str) -> JobState {
        let job_id = ChunkTask::from_json(message).unwrap().job_id;
        job_state(&*self.deployment.store().await, &MemoryObjects::default(), &SystemClock, job_id)
            .await
            .unwrap()
    }
}
