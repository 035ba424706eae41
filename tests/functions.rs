//! The handlers of the functions over ports in memory: no service is needed.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use lambda_http::{Body, Request, RequestExt, Response, http};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::memory::{MemoryQueue, MemorySource, MemoryStore};
use pgfold_core::{
    Clock, Error, JobPolicy, KeyRange, KeyStatistics, MapTask, Mapper, Queue, Result, Source,
    Submitter, Timestamp, kernel::ChunkFold,
};
use pgfold_tests::invocation;
use serde_json::{Value, json};

/// The functions, deployed on memory.
struct Deployment {
    source: Box<dyn Source>,
    queue: Box<dyn Queue>,
    inbox: Arc<MemoryQueue>,
    store: MemoryStore,
    clock: ManualClock,
}

struct ManualClock(AtomicU64);

impl ManualClock {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(1000 * seconds, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// What a queue is to the sender, where a test holds the other end.
struct Sender(Arc<MemoryQueue>);

#[async_trait]
impl Queue for Sender {
    async fn send(&self, tasks: &[MapTask]) -> Result<()> {
        self.0.send(tasks).await
    }
}

/// A queue that is not there.
struct Down;

#[async_trait]
impl Queue for Down {
    async fn send(&self, _tasks: &[MapTask]) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }
}

/// A table that cannot be read, and perhaps not even planned.
struct Broken {
    plans: bool,
    why: fn() -> Error,
}

#[async_trait]
impl Source for Broken {
    async fn statistics(&self, _columns: &[&str]) -> Result<Option<KeyStatistics>> {
        let statistics = KeyStatistics { min: 1, max: 100, quantiles: Vec::new() };
        if self.plans { Ok(Some(statistics)) } else { Err((self.why)()) }
    }

    async fn read(
        &self,
        _range: KeyRange,
        _columns: &[&str],
        _fold: &mut dyn ChunkFold,
    ) -> Result<String> {
        Err((self.why)())
    }
}

fn unreachable_database() -> Broken {
    let why = || Error::unavailable("postgres", "connection refused");
    Broken { plans: false, why }
}

fn missing_table() -> Error {
    Error::Misconfigured("table \"points\" does not exist".to_owned())
}

/// A hundred rows, of which that with id 42 has the nearest pair: 0.5.
fn hundred_rows() -> MemorySource {
    let row = |id: i64| {
        let distance = if id == 42 { 0.5 } else { id as f64 };
        (id, vec![Some(0.0), Some(0.0), Some(distance), Some(0.0)])
    };
    MemorySource::new(4, (1..=100).map(row))
}

impl Deployment {
    fn new(source: impl Source + 'static) -> Self {
        let inbox = Arc::new(MemoryQueue::default());
        Self {
            source: Box::new(source),
            queue: Box::new(Sender(inbox.clone())),
            inbox,
            store: MemoryStore::default(),
            clock: ManualClock(AtomicU64::new(1_000_000)),
        }
    }

    async fn request(&self, method: &str, path: &str, body: &str) -> Response<String> {
        let request = http::Request::builder().method(method).uri(path);
        let request: Request = request.body(Body::from(body)).unwrap();
        let submitter = Submitter {
            source: &*self.source,
            queue: &*self.queue,
            store: &self.store,
            clock: &self.clock,
            policy: JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) },
        };
        pgfold_submit::handler(&submitter, request).await.unwrap()
    }

    async fn submit(&self, body: &str) -> Response<String> {
        self.request("POST", "/compute_min_distance", body).await
    }

    /// Submits a job that is taken, and gives its task id.
    async fn submitted(&self) -> String {
        let response = self.submit("").await;
        assert_eq!(response.status(), 200, "{}", response.body());
        body(&response)["task_id"].as_str().unwrap().to_owned()
    }

    async fn result(&self, task_id: &str) -> Response<String> {
        self.result_preferring("", task_id).await
    }

    async fn result_preferring(&self, prefer: &str, task_id: &str) -> Response<String> {
        let request = http::Request::builder().header("prefer", prefer);
        let request: Request = request.body(Body::Empty).unwrap();
        let parameters = HashMap::from([("task_id".to_owned(), task_id.to_owned())]);
        let request = request.with_path_parameters(parameters);
        pgfold_result::handler(&self.store, &self.clock, request).await.unwrap()
    }

    /// Delivers messages with these bodies for the second time; gives the ids of those that come
    /// back, which are their places.
    async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        self.deliver_for_the(2, bodies).await
    }

    async fn deliver_for_the(&self, attempt: u32, bodies: &[String]) -> Vec<String> {
        let mut event = SqsEvent::default();
        for (place, body) in bodies.iter().enumerate() {
            let mut message = SqsMessage::default();
            message.message_id = Some(place.to_string());
            message.body = Some(body.clone());
            message.attributes.insert("ApproximateReceiveCount".to_owned(), attempt.to_string());
            event.records.push(message);
        }
        let mapper = Mapper { source: &*self.source, store: &self.store, clock: &self.clock };
        let event = LambdaEvent::new(event, invocation());
        let response = pgfold_mapper::handler(&mapper, 5, event).await.unwrap();
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    /// The bodies of the messages in the queue.
    fn messages(&self) -> Vec<String> {
        std::iter::from_fn(|| self.inbox.receive()).map(|task| task.to_json().unwrap()).collect()
    }
}

fn body(response: &Response<String>) -> Value {
    serde_json::from_str(response.body()).unwrap_or_else(|_| panic!("{:?}", response.body()))
}

#[tokio::test]
async fn the_health_check_says_hello() {
    let response = Deployment::new(unreachable_database()).request("GET", "/", "").await;
    assert_eq!((response.status().as_u16(), &**response.body()), (200, "Hello, World!\n"));
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
}

#[tokio::test]
async fn a_job_runs_from_submission_to_result() {
    let deployment = Deployment::new(hundred_rows());
    let response = deployment.submit(r#"{"chunks": 4}"#).await;
    assert_eq!(response.status(), 200);
    let submitted = body(&response);
    assert_eq!(submitted["status"], "task submitted");
    assert_eq!(submitted["chunks"], 4);
    let task_id = submitted["task_id"].as_str().unwrap();
    assert!(task_id.starts_with("agg_"), "{task_id}");

    // The last chunk first, and each message three times, as a queue may.
    let mut messages = deployment.messages();
    messages.reverse();
    for (done, message) in messages.iter().enumerate() {
        let pending = deployment.result(task_id).await;
        assert_eq!((pending.status().as_u16(), &**pending.body()), (204, ""));
        assert_eq!(pending.headers()["x-chunks-done"], format!("{done}/4"));
        assert_eq!(pending.headers()["retry-after"], "1");
        let thrice = [message.clone(), message.clone(), message.clone()];
        assert_eq!(deployment.deliver(&thrice).await, [""; 0]);
    }

    let response = deployment.result(task_id).await;
    assert_eq!(response.status(), 200);
    let result = body(&response);
    assert_eq!(result["status"], "task completed");
    assert_eq!(result["result"], "0.5");
    assert_eq!(result["distance"], 0.5);
    assert_eq!(result["pair"], json!({"id": 42, "x1": 0.0, "y1": 0.0, "x2": 0.5, "y2": 0.0}));
    assert_eq!((&result["rows"], &result["skipped"]), (&json!(100), &json!(0)));
    assert_eq!(result["consistency"], "per-chunk");
    assert_eq!(result["same_snapshot"], true);
    assert!(result["cost_usd"].as_f64().unwrap() > 0.0);
    let chunks = result["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), 4);
    assert_eq!((&chunks[0]["start"], &chunks[3]["end"]), (&json!(1), &json!(101)));
    assert!(chunks.iter().all(|chunk| chunk["attempts"] == 2), "{chunks:?}");
    let rows: u64 = chunks.iter().map(|chunk| chunk["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 100);

    // Reading a result does not consume it.
    assert_eq!(deployment.result(task_id).await.body(), response.body());
}

#[tokio::test]
async fn a_caller_that_prefers_to_wait_is_answered_when_the_job_ends() {
    let deployment = Deployment::new(hundred_rows());
    let task_id = deployment.submitted().await;
    let messages = deployment.messages();
    let (answer, ()) =
        tokio::join!(deployment.result_preferring("respond-async, wait=20", &task_id), async {
            for message in messages {
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert_eq!(deployment.deliver(&[message]).await, [""; 0]);
            }
        });
    assert_eq!(body(&answer)["result"], "0.5");

    let task_id = deployment.submitted().await;
    for impatient in ["wait=0", "wait=-1", "wait=soon", "handling=strict"] {
        let pending = deployment.result_preferring(impatient, &task_id).await;
        assert_eq!(pending.status(), 204, "{impatient}");
    }
    assert_eq!(deployment.result_preferring("wait=1", &task_id).await.status(), 204);
}

#[tokio::test]
async fn an_empty_table_has_a_result_at_once() {
    let deployment = Deployment::new(MemorySource::new(4, []));
    let task_id = deployment.submitted().await;
    assert!(deployment.messages().is_empty());
    let result = body(&deployment.result(&task_id).await);
    assert_eq!(result["status"], "task completed");
    assert_eq!((&result["result"], &result["pair"]), (&Value::Null, &Value::Null));
    assert_eq!((&result["rows"], &result["chunks"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_bad_request_is_refused_and_starts_nothing() {
    let deployment = Deployment::new(hundred_rows());
    for bad in ["nonsense", "[]", r#"{"chunks":0}"#, r#"{"metric":"taxicab"}"#, r#"{"x":1}"#] {
        let response = deployment.submit(bad).await;
        assert_eq!(response.status(), 400, "{bad}");
        let body = body(&response);
        assert_eq!(body["status"], "task not submitted");
        assert!(body["error"].as_str().unwrap().len() > 20, "{body}");
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn ids_that_name_no_job_are_told_apart() {
    let deployment = Deployment::new(hundred_rows());
    for bad in ["", "agg_7", "7", "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d'--"] {
        let response = deployment.result(bad).await;
        assert_eq!(response.status(), 400, "{bad:?}");
        assert!(body(&response)["error"].as_str().unwrap().contains("is not a task id"));
    }
    let unknown = deployment.result("agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d").await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_database_that_is_down_is_told_and_leaves_no_job() {
    let deployment = Deployment::new(unreachable_database());
    let response = deployment.submit("").await;
    assert_eq!(response.status(), 503);
    let expected = json!({
        "status": "task not submitted",
        "error": "postgres is unavailable",
    });
    assert_eq!(body(&response), expected);
}

#[tokio::test]
async fn a_table_that_is_missing_is_not_called_a_passing_fault() {
    let missing = Broken { plans: false, why: missing_table };
    let response = Deployment::new(missing).submit("").await;
    assert_eq!(response.status(), 500);
    assert_eq!(body(&response)["error"], "table \"points\" does not exist");
}

/// Passes messages on, then says that it did not.
struct HalfDown(Sender);

#[async_trait]
impl Queue for HalfDown {
    async fn send(&self, tasks: &[MapTask]) -> Result<()> {
        self.0.send(&tasks[..2]).await?;
        Down.send(&tasks[2..]).await
    }
}

#[tokio::test]
async fn a_job_that_could_not_be_queued_has_failed() {
    let mut deployment = Deployment::new(hundred_rows());
    deployment.queue = Box::new(HalfDown(Sender(deployment.inbox.clone())));
    let response = deployment.submit("").await;
    assert_eq!(response.status(), 503);
    assert_eq!(body(&response)["error"], "sqs is unavailable");

    // The messages that did go out are acknowledged; they cannot complete the job.
    let messages = deployment.messages();
    let task_id = MapTask::from_json(&messages[0]).unwrap().task_id.to_string();
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    let failed = deployment.result(&task_id).await;
    assert_eq!(failed.status(), 500);
    let reason = body(&failed)["error"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("the chunks could not be queued"), "{reason}");
}

#[tokio::test]
async fn a_chunk_that_cannot_be_read_comes_back_until_it_can() {
    let mut deployment = Deployment::new(hundred_rows());
    let task_id = deployment.submitted().await;
    let messages = deployment.messages();
    let source = std::mem::replace(&mut deployment.source, Box::new(unreachable_database()));
    assert_eq!(deployment.deliver(&messages).await, ["0", "1", "2", "3"]);
    assert_eq!(deployment.result(&task_id).await.status(), 204);
    deployment.source = source;
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&task_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_chunk_that_will_not_come_back_fails_its_job_with_the_reason() {
    let mut deployment = Deployment::new(hundred_rows());
    let task_id = deployment.submitted().await;
    let messages = deployment.messages();
    let source = std::mem::replace(&mut deployment.source, Box::new(unreachable_database()));
    assert_eq!(deployment.deliver_for_the(4, &messages[..1]).await, ["0"]);
    assert_eq!(deployment.result(&task_id).await.status(), 204);
    assert_eq!(deployment.deliver_for_the(5, &messages[..1]).await, ["0"]);
    let failed = deployment.result(&task_id).await;
    assert_eq!(failed.status(), 500);
    let why = "given up after 5 attempts: postgres is unavailable";
    assert_eq!(body(&failed)["failed_chunks"], json!([{ "chunk": 0, "error": why }]));

    // Redriven from the dead-letter queue, it counts.
    deployment.source = source;
    assert_eq!(deployment.deliver_for_the(1, &messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&task_id).await)["result"], "0.5");
}

#[tokio::test]
async fn an_error_that_cannot_heal_fails_the_job_at_once() {
    let mut deployment = Deployment::new(Broken { plans: true, why: missing_table });
    let task_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[1..2]).await, [""; 0]);
    let failed = deployment.result(&task_id).await;
    assert_eq!(failed.status(), 500);
    let expected = json!({
        "status": "something went wrong",
        "error": "chunk 1: table \"points\" does not exist",
        "failed_chunks": [{ "chunk": 1, "error": "table \"points\" does not exist" }],
    });
    assert_eq!(body(&failed), expected);

    // Somebody mends the table and sends the chunks again.
    deployment.source = Box::new(hundred_rows());
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&task_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_message_that_fits_no_job_comes_back_and_harms_none() {
    let deployment = Deployment::new(hundred_rows());
    let task_id = deployment.submitted().await;
    let good = deployment.messages();
    let altered = |field: &str, value: Value| {
        let mut message: Value = serde_json::from_str(&good[0]).unwrap();
        assert!(message.get(field).is_some(), "{message}");
        message[field] = value;
        message.to_string()
    };
    let bad = [
        "not JSON".to_owned(),
        String::new(),
        altered("v", json!(2)),
        altered("task_id", json!("agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d")),
        altered("plan", json!("0123456789abcdef")),
        altered("chunk", json!(3)),
        altered("chunk", json!(9)),
        altered("range", json!({"start": 1, "end": 101})),
        altered("range", json!({"start": 9, "end": 1})),
        altered("kernel", json!({"name": "min_distance", "params": {"metric": "haversine"}})),
        altered("kernel", json!({"name": "drop_table", "params": {}})),
    ];
    let back: Vec<String> = (0..bad.len()).map(|place| place.to_string()).collect();
    let mixed = [&bad[..], &good[..]].concat();
    // For the last time, too, they are no reason to fail a job.
    assert_eq!(deployment.deliver_for_the(5, &mixed).await, back);
    assert_eq!(body(&deployment.result(&task_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_job_ends_at_its_deadline_and_is_forgotten_after_its_time() {
    let deployment = Deployment::new(hundred_rows());
    let task_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..3]).await, [""; 0]);
    deployment.clock.advance(60);
    let failed = deployment.result(&task_id).await;
    assert_eq!(failed.status(), 500);
    assert_eq!(body(&failed)["failed_chunks"][0]["chunk"], 3);

    // Late, but it counts.
    assert_eq!(deployment.deliver(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.result(&task_id).await.status(), 200);
    deployment.clock.advance(540);
    assert_eq!(deployment.result(&task_id).await.status(), 410);
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
}
