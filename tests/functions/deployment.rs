//! The functions, deployed on memory, and tables that fail.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_http::{Body, Request, RequestExt, Response, http};
use lambda_runtime::{Context, LambdaEvent};
use pgfold_adapters::memory::{MemoryQueue, MemorySource, MemoryStore};
use pgfold_core::{
    Clock, Error, JobControl, JobPolicy, KeyRange, KeyStatistics, MapTask, Mapper, Queue, Result,
    Source, Submitter, Timestamp, kernel::ChunkFold,
};
use pgfold_tests::invocation;
use serde_json::Value;

/// What the clock shows at first, in milliseconds. Messages were sent a little earlier.
const START: u64 = 1_000_000;

const POLICY: JobPolicy =
    JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };

/// The functions, deployed on memory.
pub(crate) struct Deployment {
    pub(crate) source: Box<dyn Source>,
    pub(crate) queue: Box<dyn Queue>,
    pub(crate) inbox: Arc<MemoryQueue>,
    pub(crate) store: MemoryStore,
    pub(crate) clock: ManualClock,
    delays: Delays,
}

pub(crate) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(1000 * seconds, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// What a queue is to the sender, where a test holds the other end.
pub(crate) struct Sender(pub(crate) Arc<MemoryQueue>);

#[async_trait]
impl Queue for Sender {
    async fn send(&self, tasks: &[MapTask]) -> Result<()> {
        self.0.send(tasks).await
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.delay(receipt, delay).await
    }
}

/// What a queue is to the receiver: it keeps which deliveries are to come back after what time.
#[derive(Default)]
struct Delays(Mutex<Vec<(String, u64)>>);

#[async_trait]
impl Queue for Delays {
    async fn send(&self, _tasks: &[MapTask]) -> Result<()> {
        panic!("a function that receives sends nothing")
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.lock().unwrap().push((receipt.to_owned(), delay.as_secs()));
        Ok(())
    }
}

/// A queue that is not there.
pub(crate) struct Down;

#[async_trait]
impl Queue for Down {
    async fn send(&self, _tasks: &[MapTask]) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }

    async fn delay(&self, _receipt: &str, _delay: Duration) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }
}

/// A table that cannot be read, and perhaps not even planned.
pub(crate) struct Broken {
    pub(crate) plans: bool,
    pub(crate) why: fn() -> Error,
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

/// A table that takes for ever to read.
pub(crate) struct Endless;

#[async_trait]
impl Source for Endless {
    async fn statistics(&self, _columns: &[&str]) -> Result<Option<KeyStatistics>> {
        Ok(Some(KeyStatistics { min: 1, max: 100, quantiles: Vec::new() }))
    }

    async fn read(
        &self,
        _range: KeyRange,
        _columns: &[&str],
        _fold: &mut dyn ChunkFold,
    ) -> Result<String> {
        std::future::pending().await
    }
}

pub(crate) fn unreachable_database() -> Broken {
    let why = || Error::unavailable("postgres", "connection refused");
    Broken { plans: false, why }
}

pub(crate) fn missing_table() -> Error {
    Error::Misconfigured("table \"points\" does not exist".to_owned())
}

/// A hundred rows, of which that with id 42 has the nearest pair: 0.5.
pub(crate) fn hundred_rows() -> MemorySource {
    let row = |id: i64| {
        let distance = if id == 42 { 0.5 } else { id as f64 };
        (id, vec![Some(0.0), Some(0.0), Some(distance), Some(0.0)])
    };
    MemorySource::new(4, (1..=100).map(row))
}

impl Deployment {
    pub(crate) fn new(source: impl Source + 'static) -> Self {
        let inbox = Arc::new(MemoryQueue::default());
        Self {
            source: Box::new(source),
            queue: Box::new(Sender(inbox.clone())),
            inbox,
            store: MemoryStore::default(),
            clock: ManualClock(AtomicU64::new(START)),
            delays: Delays::default(),
        }
    }

    pub(crate) async fn request(
        &self,
        request: http::request::Builder,
        body: &str,
    ) -> Response<String> {
        let request: Request = request.body(Body::from(body)).unwrap();
        let submitter = Submitter {
            source: &*self.source,
            queue: &*self.queue,
            store: &self.store,
            clock: &self.clock,
            policy: POLICY,
        };
        pgfold_submit::handler(&submitter, request).await.unwrap()
    }

    pub(crate) async fn submit(&self, body: &str) -> Response<String> {
        self.request(http::Request::post("/compute_min_distance"), body).await
    }

    /// Submits a job under an idempotency key.
    pub(crate) async fn submit_once(&self, key: &str, body: &str) -> Response<String> {
        let request = http::Request::post("/compute_min_distance").header("idempotency-key", key);
        self.request(request, body).await
    }

    /// Submits a job that is taken, and gives its task id.
    pub(crate) async fn submitted(&self) -> String {
        let response = self.submit("").await;
        assert_eq!(response.status(), 200, "{}", response.body());
        body(&response)["task_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn result(&self, task_id: &str) -> Response<String> {
        self.result_preferring("", task_id).await
    }

    pub(crate) async fn result_preferring(&self, prefer: &str, task_id: &str) -> Response<String> {
        let request = http::Request::builder().header("prefer", prefer);
        pgfold_result::handler(&self.store, &self.clock, about(task_id, request)).await.unwrap()
    }

    /// What a request to the monitor about a job is answered.
    pub(crate) async fn monitor(&self, method: &str, task_id: &str) -> Response<String> {
        let request = about(task_id, http::Request::builder().method(method));
        let control = JobControl {
            queue: &*self.queue,
            store: &self.store,
            clock: &self.clock,
            policy: POLICY,
        };
        pgfold_monitor::handler(&control, request).await.unwrap()
    }

    /// Delivers messages with these bodies for the second time; gives the ids of those that come
    /// back, which are their places.
    pub(crate) async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        self.deliver_for_the(2, bodies).await
    }

    pub(crate) async fn deliver_for_the(&self, attempt: u32, bodies: &[String]) -> Vec<String> {
        self.deliver_within(invocation(), attempt, bodies).await
    }

    pub(crate) async fn deliver_within(
        &self,
        context: Context,
        attempt: u32,
        bodies: &[String],
    ) -> Vec<String> {
        let mapper = Mapper { source: &*self.source, store: &self.store, clock: &self.clock };
        let event = LambdaEvent { context, ..event(attempt, bodies) };
        let response = pgfold_mapper::handler(&mapper, &self.delays, 5, event).await.unwrap();
        back(response)
    }

    /// The same for the dead-letter queue, for the first time.
    pub(crate) async fn bury(&self, bodies: &[String]) -> Vec<String> {
        let (event, clock) = (event(1, bodies), &self.clock);
        let response = pgfold_dead_letter::handler(&self.store, clock, &self.delays, event).await;
        back(response.unwrap())
    }

    /// The receipts of the deliveries that are to come back, with the seconds after which, since
    /// this was last asked.
    pub(crate) fn delays(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut self.delays.0.lock().unwrap())
    }

    /// The bodies of the messages in the queue.
    pub(crate) fn messages(&self) -> Vec<String> {
        std::iter::from_fn(|| self.inbox.receive())
            .map(|(_, task)| task.to_json().unwrap())
            .collect()
    }
}

/// A request whose path names a job.
fn about(task_id: &str, request: http::request::Builder) -> Request {
    let request: Request = request.body(Body::Empty).unwrap();
    let parameters = HashMap::from([("task_id".to_owned(), task_id.to_owned())]);
    request.with_path_parameters(parameters)
}

/// The event of a delivery; a message is identified by its place.
fn event(attempt: u32, bodies: &[String]) -> LambdaEvent<SqsEvent> {
    let mut event = SqsEvent::default();
    for (place, body) in bodies.iter().enumerate() {
        let mut message = SqsMessage::default();
        message.message_id = Some(place.to_string());
        message.receipt_handle = Some(format!("receipt of {place}"));
        message.body = Some(body.clone());
        message.attributes.insert("ApproximateReceiveCount".to_owned(), attempt.to_string());
        message.attributes.insert("SentTimestamp".to_owned(), (START - 250).to_string());
        event.records.push(message);
    }
    LambdaEvent::new(event, invocation())
}

/// The messages that come back.
fn back(response: SqsBatchResponse) -> Vec<String> {
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

pub(crate) fn body(response: &Response<String>) -> Value {
    serde_json::from_str(response.body()).unwrap_or_else(|_| panic!("{:?}", response.body()))
}
