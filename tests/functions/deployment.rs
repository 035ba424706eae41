//! The functions, deployed on memory. Every answer of theirs is checked against the description of
//! the API.

use std::{collections::HashMap, sync::Arc, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_http::{
    Body, Request, RequestExt, Response, aws_lambda_events::query_map::QueryMap, http,
};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use pgfold_adapters::{
    FileFormats, Metrics,
    memory::{
        MemoryEvents, MemoryObjects, MemoryQueue, MemoryReminders, MemoryStore, MemoryWorkflows,
    },
};
use pgfold_api::{JobEnded, Route, server::Place};
use pgfold_core::{
    Announcer, Catalogue, ChunkRecord, ChunkTask, Ended, JobControl, JobPolicy, Mapper, Mappers,
    ObjectName, Queue, Recorder, Reducer, Source, StageEnd, Store, Submitter,
};
use pgfold_jobs::{Backlogs, Jobs};
use pgfold_tests::{
    catalogue,
    doubles::{DelayNotes, ManualClock, RefusingStore, SharedQueue},
    invocation,
};
use serde_json::Value;

use crate::functions::{log::keep_every_line, openapi::description, output::Output};

const POLICY: JobPolicy =
    JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };

const MAPPERS: Mappers = Mappers { concurrency: 10, memory_mb: 1769 };

/// How often a message is delivered at most.
const MAX_ATTEMPTS: u32 = 5;

/// The functions, deployed on memory.
pub(crate) struct MemoryDeployment {
    pub(crate) catalogue: Catalogue<'static>,
    pub(crate) queue: Box<dyn Queue>,
    pub(crate) inbox: Arc<MemoryQueue>,
    pub(crate) reducers: MemoryQueue,
    pub(crate) dead_letters: MemoryQueue,
    /// The queue of reducers, and that of what they gave up.
    pub(crate) reductions: MemoryQueue,
    pub(crate) reductions_dead_letters: MemoryQueue,
    pub(crate) reminders: MemoryReminders,
    pub(crate) events: MemoryEvents,
    pub(crate) workflows: MemoryWorkflows,
    pub(crate) answers_workflows: bool,
    pub(crate) store: MemoryStore,
    pub(crate) objects: MemoryObjects,
    /// The most bytes of a partial in a record.
    pub(crate) room: u64,
    /// What the API has instead of that, if anything.
    pub(crate) refusing: Option<RefusingStore>,
    pub(crate) clock: ManualClock,
    delays: DelayNotes,
    metrics: Metrics,
    /// What was written to those.
    measured: Output,
}

impl MemoryDeployment {
    pub(crate) fn new(source: impl Source + 'static) -> Self {
        Self::over(catalogue(source))
    }

    pub(crate) fn over(catalogue: Catalogue<'static>) -> Self {
        keep_every_line();
        let inbox = Arc::new(MemoryQueue::default());
        let measured = Output::default();
        Self {
            catalogue,
            queue: Box::new(SharedQueue(inbox.clone())),
            inbox,
            reducers: MemoryQueue::default(),
            reminders: MemoryReminders::default(),
            events: MemoryEvents::default(),
            workflows: MemoryWorkflows::default(),
            answers_workflows: true,
            dead_letters: MemoryQueue::default(),
            reductions: MemoryQueue::default(),
            reductions_dead_letters: MemoryQueue::default(),
            store: MemoryStore::default(),
            objects: MemoryObjects::default(),
            room: ChunkRecord::ROOM,
            refusing: None,
            clock: ManualClock::default(),
            delays: DelayNotes::default(),
            metrics: Metrics::new("test", measured.clone()),
            measured,
        }
    }

    pub(crate) async fn request(&self, request: Request) -> Response<String> {
        let path = format!("/{}", last_segment(&request));
        let method = request.method().to_string();
        let submitter = self.submitter();
        let response = pgfold_submit::handler(&submitter, &self.metrics, request).await.unwrap();
        description().check(&method, &path, &response);
        response
    }

    fn submitter(&self) -> Submitter<'_> {
        Submitter {
            catalogue: &self.catalogue,
            queue: &*self.queue,
            reminders: &self.reminders,
            store: self.store_in_reach(),
            clock: &self.clock,
            policy: POLICY,
            mappers: MAPPERS,
            answers_workflows: self.answers_workflows,
        }
    }

    /// Invokes submit with a payload, in a trace if there is one.
    pub(crate) async fn invoke(
        &self,
        payload: &str,
        trace: Option<&str>,
    ) -> Result<Value, Diagnostic> {
        let mut context = invocation();
        context.xray_trace_id = trace.map(str::to_owned);
        let event = LambdaEvent::new(serde_json::from_str(payload).unwrap(), context);
        let submitter = self.submitter();
        let answered = pgfold_submit::invocation::handler(&submitter, &self.metrics, event).await;
        Ok(serde_json::from_str(answered?.get()).unwrap())
    }

    fn store_in_reach(&self) -> &dyn Store {
        match &self.refusing {
            Some(refusing) => refusing,
            None => &self.store,
        }
    }

    pub(crate) async fn submit(&self, body: &str) -> Response<String> {
        self.request(post().body(body.into()).unwrap()).await
    }

    /// Submits a job of any kernel.
    pub(crate) async fn post_task(&self, task: &Value) -> Response<String> {
        let request = http::Request::post("/tasks").body(task.to_string().into());
        self.request(request.unwrap()).await
    }

    /// Submits a job under an idempotency key.
    pub(crate) async fn submit_once(&self, key: &str, body: &str) -> Response<String> {
        self.request(post().header("idempotency-key", key).body(body.into()).unwrap()).await
    }

    /// Submits a job under an idempotency key with this `dry_run` in the query.
    pub(crate) async fn dry_run(&self, dry_run: &str, body: &str) -> Response<String> {
        let parameters = HashMap::from([("dry_run".to_owned(), dry_run.to_owned())]);
        let request: Request = post().header("idempotency-key", "k").body(body.into()).unwrap();
        self.request(request.with_query_string_parameters(parameters)).await
    }

    /// Submits a job that is taken, and returns its task id.
    pub(crate) async fn submitted(&self) -> String {
        let response = self.submit("").await;
        assert_eq!(response.status(), 200, "{}", response.body());
        body(&response)["task_id"].as_str().unwrap().to_owned()
    }

    /// Submits a job that is taken, and returns its task id and its messages.
    pub(crate) async fn started(&self, task: &Value) -> (String, Vec<String>) {
        let response = self.post_task(task).await;
        assert_eq!(response.status(), 200, "{}", response.body());
        let job_id = body(&response)["task_id"].as_str().unwrap().to_owned();
        (job_id, self.messages())
    }

    /// Returns a job that there is.
    pub(crate) async fn detail(&self, job_id: &str) -> Value {
        let response = self.job("GET", job_id).await;
        assert_eq!(response.status(), 200, "{}", response.body());
        body(&response)
    }

    pub(crate) async fn result(&self, job_id: &str) -> Response<String> {
        self.result_preferring("", job_id).await
    }

    pub(crate) async fn result_preferring(&self, prefer: &str, job_id: &str) -> Response<String> {
        let request = http::Request::get(Route::MinDistanceResult.path()).header("prefer", prefer);
        self.ask_result(about(job_id, request)).await
    }

    pub(crate) async fn ask_result(&self, request: Request) -> Response<String> {
        let store = self.store_in_reach();
        let response = pgfold_result::handler(store, &self.clock, request).await.unwrap();
        description().check("GET", "/get_min_distance/{task_id}", &response);
        response
    }

    /// Returns the answer of jobs to a request about a job: a POST is a retry.
    pub(crate) async fn job(&self, method: &str, job_id: &str) -> Response<String> {
        let route = if method == "POST" { Route::RetryJob } else { Route::ShowJob };
        let request = http::Request::builder().method(method).uri(route.path());
        self.ask_jobs(about(job_id, request)).await
    }

    /// Returns the answer about a job to a request with a query.
    pub(crate) async fn ask_of_job(&self, job_id: &str, query: &str) -> Response<String> {
        let request = http::Request::get(Route::ShowJob.path());
        let query = query.parse::<QueryMap>().unwrap();
        self.ask_jobs(about(job_id, request).with_query_string_parameters(query)).await
    }

    pub(crate) async fn ask_jobs(&self, request: Request) -> Response<String> {
        let jobs = Jobs {
            control: JobControl {
                queue: &*self.queue,
                reducers: &self.reducers,
                reminders: &self.reminders,
                store: self.store_in_reach(),
                clock: &self.clock,
                policy: POLICY,
            },
            objects: &self.objects,
            files: &self.objects,
            backlogs: Backlogs {
                chunks: &*self.inbox,
                reductions: &self.reductions,
                dead_letters: [&self.dead_letters, &self.reductions_dead_letters],
                poison: &MemoryQueue::default(),
            },
        };
        let parameters = request.path_parameters();
        let (method, path) = (request.method().as_str(), request.uri().path());
        let route = Route::find(method, path, parameters.first("task_id")).unwrap();
        let response = pgfold_jobs::handler(&jobs, request).await.unwrap();
        description().check(route.method().name(), route.path(), &response);
        response
    }

    /// Delivers messages with these bodies for the second time; returns the ids of those that come
    /// back, which are their places.
    pub(crate) async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        self.deliver_for_the(2, bodies).await
    }

    pub(crate) async fn deliver_for_the(&self, attempt: u32, bodies: &[String]) -> Vec<String> {
        self.deliver_within(invocation(), attempt, bodies).await
    }

    /// Delivers messages for the last time.
    pub(crate) async fn deliver_at_last(&self, bodies: &[String]) -> Vec<String> {
        self.deliver_for_the(MAX_ATTEMPTS, bodies).await
    }

    pub(crate) async fn deliver_within(
        &self,
        context: Context,
        attempt: u32,
        bodies: &[String],
    ) -> Vec<String> {
        let mapper = Mapper {
            catalogue: &self.catalogue,
            recorder: self.recorder(&self.store),
            objects: &self.objects,
            files: &self.objects,
            encoders: &FileFormats,
            room: self.room,
            most_in_memory: Mapper::MOST_IN_MEMORY,
        };
        let event = LambdaEvent { context, ..event(attempt, bodies) };
        let (delays, metrics) = (&self.delays, &self.metrics);
        let response = pgfold_mapper::handler(&mapper, delays, metrics, MAX_ATTEMPTS, event).await;
        back(response.unwrap())
    }

    /// The same for the dead-letter queue, for the first time.
    pub(crate) async fn bury(&self, bodies: &[String]) -> Vec<String> {
        let (recorder, event) = (self.recorder(self.store_in_reach()), event(1, bodies));
        let (delays, metrics) = (&self.delays, &self.metrics);
        let response = pgfold_dead_letter::handler(&recorder, delays, metrics, event).await;
        back(response.unwrap())
    }

    /// Delivers messages to a reducer for the first time.
    pub(crate) async fn reduce(&self, bodies: &[String]) -> Vec<String> {
        let reducer = Reducer {
            recorder: self.recorder(&self.store),
            objects: &self.objects,
            files: &self.objects,
            encoders: &FileFormats,
        };
        let (delays, metrics) = (&self.delays, &self.metrics);
        let event = event(1, bodies);
        let response =
            pgfold_reducer::handler(&reducer, delays, metrics, MAX_ATTEMPTS, event).await;
        back(response.unwrap())
    }

    /// Delivers all reminders to the announcer, those that are delayed too; returns the ids of those
    /// that come back, which are their places.
    pub(crate) async fn remind(&self) -> Vec<String> {
        let due = self.reminders.take().into_iter();
        let bodies: Vec<String> = due.map(|(_, reminder)| reminder.to_json().unwrap()).collect();
        let place = Place { deployment: "test".to_owned(), bucket: "bucket".to_owned() };
        let announcer = Announcer {
            store: self.store_in_reach(),
            objects: &self.objects,
            reminders: &self.reminders,
            events: &self.events,
            workflows: &self.workflows,
            clock: &self.clock,
            detail: &|ended: &Ended| JobEnded::new(ended, &place).to_json(),
        };
        let (delays, metrics) = (&self.delays, &self.metrics);
        let response =
            pgfold_announcer::handler(&announcer, delays, metrics, event(1, &bodies)).await;
        back(response.unwrap())
    }

    fn recorder<'a>(&'a self, store: &'a dyn Store) -> Recorder<'a> {
        let (objects, reducers) = (&self.objects, &self.reducers);
        let end = StageEnd { store, objects, reducers, reminders: &self.reminders };
        Recorder { end, clock: &self.clock }
    }

    /// The receipts of the deliveries that are to come back, with the seconds after which, since
    /// this was last asked.
    pub(crate) fn delays(&self) -> Vec<(String, u64)> {
        self.delays.take()
    }

    /// The metrics that were written since this was last asked, line by line.
    pub(crate) fn measured(&self) -> Vec<Value> {
        let lines = self.measured.take();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The bodies of the messages in the queue.
    pub(crate) fn messages(&self) -> Vec<String> {
        received(&self.inbox)
    }

    /// Removes the partials in objects, and returns them.
    pub(crate) fn take_partials(&self) -> Vec<(ObjectName, Vec<u8>)> {
        let mut taken = Vec::new();
        for name in self.objects.names() {
            if name.as_str().starts_with(ObjectName::PREFIX) {
                let bytes = self.objects.bytes(&name);
                self.objects.remove(&name);
                taken.push((name, bytes));
            }
        }
        taken
    }

    /// The bodies of the messages in the queue of reducers.
    pub(crate) fn reductions(&self) -> Vec<String> {
        received(&self.reducers)
    }

    /// The same once there are some, of a request that is under way.
    pub(crate) async fn messages_to_come(&self) -> Vec<String> {
        for _ in 0..100 {
            let messages = self.messages();
            if !messages.is_empty() {
                return messages;
            }
            tokio::task::yield_now().await;
        }
        panic!("no message was sent")
    }
}

fn received(queue: &MemoryQueue) -> Vec<String> {
    std::iter::from_fn(|| queue.receive()).map(|(_, task)| task.to_json().unwrap()).collect()
}

fn last_segment(request: &Request) -> &str {
    request.uri().path().rsplit('/').next().unwrap_or_default()
}

fn post() -> http::request::Builder {
    http::Request::post("/compute_min_distance")
}

/// A request whose path names a job.
fn about(job_id: &str, request: http::request::Builder) -> Request {
    let request: Request = request.body(Body::Empty).unwrap();
    let parameters = HashMap::from([("task_id".to_owned(), job_id.to_owned())]);
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
        message
            .attributes
            .insert("SentTimestamp".to_owned(), (ManualClock::START - 250).to_string());
        let first = "ApproximateFirstReceiveTimestamp".to_owned();
        message.attributes.insert(first, ManualClock::START.to_string());
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

/// The task id in a message.
pub(crate) fn task_of(message: &str) -> String {
    ChunkTask::from_json(message).unwrap().job_id.to_string()
}

/// A message that says otherwise in one field.
pub(crate) fn altered(message: &str, field: &str, value: Value) -> String {
    let mut message: Value = serde_json::from_str(message).unwrap();
    assert!(message.get(field).is_some(), "{message}");
    message[field] = value;
    message.to_string()
}
