//! The functions' own handlers over the local cloud, each with what notes its calls.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsEvent;
use lambda_http::{Body, Request, RequestExt, Response, http};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{
    EventBridge, FileFormats, S3Objects, SqsQueue, StepFunctions, new_job_id, open_store,
    sdk_config,
};
use pgfold_api::{JobEnded, server::Place};
use pgfold_core::{
    self as core, Announcer, Catalogue, ChunkRecord, Ended, JobControl, JobId, JobPolicy, Mapper,
    Mappers, Queue, Reducer, Reminder, StageEnd, Store, Submitter,
};
use pgfold_jobs::{Backlogs, Jobs};
use pgfold_tests::{
    StoreKind,
    doubles::{LateClock, unread_metrics},
    invocation, local_cloud, sqs_event,
};
use serde_json::Value;

use crate::permissions::recorder::{Call, Recorder};

/// How often a message is delivered at most.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

const POLICY: JobPolicy =
    JobPolicy { deadline: Duration::from_secs(3600), ttl: Duration::from_secs(86_400) };

/// How the template calls the functions.
pub(crate) const FUNCTIONS: [&str; 7] = [
    "SubmitFunction",
    "MapperFunction",
    "ReducerFunction",
    "ResultFunction",
    "DeadLetterFunction",
    "AnnouncerFunction",
    "JobsFunction",
];

/// How the template calls the queues.
const QUEUES: [&str; 6] = [
    "ChunksQueue",
    "ReductionsQueue",
    "DeadLetterQueue",
    "ReductionsDeadLetterQueue",
    "PoisonQueue",
    "RemindersQueue",
];

/// A function's way to the local cloud.
struct Ports {
    recorder: Recorder,
    store: Box<dyn Store>,
    objects: S3Objects,
    chunks: SqsQueue,
    reductions: SqsQueue,
    dead_letters: SqsQueue,
    reductions_dead_letters: SqsQueue,
    poison: SqsQueue,
    reminders: SqsQueue,
    events: EventBridge,
    workflows: StepFunctions,
}

/// The functions, over one of the stores and queues of their own: those that are deployed have
/// functions at their other end.
pub(crate) struct Functions {
    ports: BTreeMap<&'static str, Ports>,
    /// Not noted.
    pub(crate) store: Box<dyn Store>,
    clock: LateClock,
}

impl Functions {
    /// Besides the tables and queues, calls may be about what these `others` name.
    pub(crate) async fn over(kind: StoreKind, others: &[(String, &'static str)]) -> Self {
        let plain = sdk_config().await;
        let client = aws_sdk_sqs::Client::new(&plain);
        let mut queues = Vec::new();
        for queue in QUEUES {
            let name = format!("permissions-{}", new_job_id());
            let created = client.create_queue().queue_name(name).send().await;
            queues.push((created.expect("the queues of `make test`").queue_url.unwrap(), queue));
        }
        let urls: Vec<String> = queues.iter().map(|(url, _)| url.clone()).collect();
        let mut names = queues;
        names.push((local_cloud("JOBS_TABLE"), "JobsTable"));
        names.push((local_cloud("OBJECTS_BUCKET"), "ObjectsBucket"));
        names.extend_from_slice(others);
        let names = Arc::new(names);

        let mut ports = BTreeMap::new();
        for function in FUNCTIONS {
            let recorder = Recorder::new(Arc::clone(&names));
            let aws = recorder.config().await;
            let queue = |place: usize| SqsQueue::new(&aws, &urls[place]);
            let all = Ports {
                store: open_store(kind.config(), &aws),
                objects: S3Objects::new(&aws, local_cloud("OBJECTS_BUCKET")),
                chunks: queue(0),
                reductions: queue(1),
                dead_letters: queue(2),
                reductions_dead_letters: queue(3),
                poison: queue(4),
                reminders: queue(5),
                events: EventBridge::new(&aws, "default"),
                workflows: StepFunctions::new(&aws),
                recorder,
            };
            ports.insert(function, all);
        }
        Self { ports, store: open_store(kind.config(), &plain), clock: LateClock::default() }
    }

    /// What a function has called.
    pub(crate) fn calls(&self, function: &str) -> BTreeSet<Call> {
        self.ports[function].recorder.calls()
    }

    /// The local cloud, as a function calls it.
    pub(crate) async fn aws(&self, function: &str) -> SdkConfig {
        self.ports[function].recorder.config().await
    }

    /// Has time pass.
    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(seconds);
    }

    /// Submits a job; returns the status and the answer.
    pub(crate) async fn submit(
        &self,
        catalogue: &Catalogue<'static>,
        request: Request,
    ) -> (u16, Value) {
        self.submit_to(&self.ports["SubmitFunction"].chunks, catalogue, request).await
    }

    /// The same with another queue.
    pub(crate) async fn submit_to(
        &self,
        queue: &dyn Queue,
        catalogue: &Catalogue<'static>,
        request: Request,
    ) -> (u16, Value) {
        let submitter = Submitter {
            catalogue,
            queue,
            reminders: &self.ports["SubmitFunction"].reminders,
            store: &*self.ports["SubmitFunction"].store,
            clock: &self.clock,
            policy: POLICY,
            mappers: Mappers { concurrency: 10, memory_mb: 1769 },
            answers_workflows: true,
        };
        status_and_body(
            &pgfold_submit::handler(&submitter, &unread_metrics(), request).await.unwrap(),
        )
    }

    /// Delivers messages to a mapper for the `attempt`th time.
    pub(crate) async fn map(
        &self,
        catalogue: &Catalogue<'static>,
        bodies: &[String],
        attempt: u32,
    ) {
        self.map_with_room(ChunkRecord::ROOM, catalogue, bodies, attempt).await;
    }

    /// The same with so much room for a partial in a record.
    pub(crate) async fn map_with_room(
        &self,
        room: u64,
        catalogue: &Catalogue<'static>,
        bodies: &[String],
        attempt: u32,
    ) {
        let ports = &self.ports["MapperFunction"];
        let Ports { objects, chunks, .. } = ports;
        let mapper = Mapper {
            catalogue,
            recorder: self.recorder(ports),
            objects,
            files: objects,
            encoders: &FileFormats,
            room,
            most_in_memory: Mapper::MOST_IN_MEMORY,
        };
        let (metrics, event) = (unread_metrics(), event(bodies, attempt));
        pgfold_mapper::handler(&mapper, chunks, &metrics, MAX_ATTEMPTS, event).await.unwrap();
    }

    /// Delivers messages to a reducer for the `attempt`th time.
    pub(crate) async fn reduce(&self, bodies: &[String], attempt: u32) {
        let ports = &self.ports["ReducerFunction"];
        let Ports { objects, reductions, .. } = ports;
        let reducer = Reducer {
            recorder: self.recorder(ports),
            objects,
            files: objects,
            encoders: &FileFormats,
        };
        let (metrics, event) = (unread_metrics(), event(bodies, attempt));
        let handled =
            pgfold_reducer::handler(&reducer, reductions, &metrics, MAX_ATTEMPTS, event).await;
        handled.unwrap();
    }

    /// Delivers messages as dead letters of mappers and of reducers.
    pub(crate) async fn bury(&self, bodies: &[String]) {
        let ports = &self.ports["DeadLetterFunction"];
        let recorder = self.recorder(ports);
        for queue in [&ports.dead_letters, &ports.reductions_dead_letters] {
            let (metrics, event) = (unread_metrics(), event(bodies, 1));
            let handled = pgfold_dead_letter::handler(&recorder, queue, &metrics, event);
            handled.await.unwrap();
        }
    }

    /// Delivers to the announcer that a job has ended, the first reminder of its watch, and what is no
    /// reminder, for the `attempt`th time.
    pub(crate) async fn remind(&self, job_id: &str, attempt: u32) {
        let Ports { store, objects, reminders: queue, events, workflows, .. } =
            &self.ports["AnnouncerFunction"];
        let place = Place { deployment: "test".to_owned(), bucket: "bucket".to_owned() };
        let announcer = Announcer {
            store: &**store,
            objects,
            reminders: queue,
            events,
            workflows,
            clock: &self.clock,
            detail: &|ended: &Ended| JobEnded::new(ended, &place).to_json(),
        };
        let job = self.store.progress(job_id.parse().unwrap()).await.unwrap().job;
        let (watch, _) = Reminder::first(&job, job.deadline, job.created_at);
        let reminders = [Reminder::ended(&job), watch];
        let mut bodies = reminders.map(|reminder| reminder.to_json().unwrap()).to_vec();
        bodies.push("no message".to_owned());
        let (metrics, event) = (unread_metrics(), event(&bodies, attempt));
        pgfold_announcer::handler(&announcer, queue, &metrics, event).await.unwrap();
    }

    fn recorder<'a>(&'a self, ports: &'a Ports) -> core::Recorder<'a> {
        let Ports { store, objects, reductions, reminders, .. } = ports;
        let end = StageEnd { store: &**store, objects, reducers: reductions, reminders };
        core::Recorder { end, clock: &self.clock }
    }

    /// Asks for the result of a job.
    pub(crate) async fn result(&self, job_id: &str) -> (u16, Value) {
        let store = &*self.ports["ResultFunction"].store;
        let request = about(http::Request::get(format!("/get_min_distance/{job_id}")), job_id);
        status_and_body(&pgfold_result::handler(store, &self.clock, request).await.unwrap())
    }

    /// Asks the jobs.
    pub(crate) async fn ask_jobs(&self, request: Request) -> (u16, Value) {
        let Ports {
            store,
            objects,
            chunks,
            reductions,
            dead_letters,
            reductions_dead_letters,
            reminders,
            poison,
            ..
        } = &self.ports["JobsFunction"];
        let jobs = Jobs {
            control: JobControl {
                store: &**store,
                queue: chunks,
                reducers: reductions,
                reminders,
                clock: &self.clock,
                policy: POLICY,
            },
            objects,
            files: objects,
            backlogs: Backlogs {
                chunks,
                reductions,
                dead_letters: [dead_letters, reductions_dead_letters],
                poison,
            },
        };
        status_and_body(&pgfold_jobs::handler(&jobs, request).await.unwrap())
    }

    /// Asks the jobs about a job.
    pub(crate) async fn ask_about_job(&self, method: &str, job_id: &str, on: &str) -> (u16, Value) {
        let request = http::Request::builder().method(method);
        self.ask_jobs(about(request.uri(format!("/tasks/{job_id}{on}")), job_id)).await
    }

    /// The messages of all chunks of a job.
    pub(crate) async fn messages(&self, job_id: &str) -> Vec<String> {
        let job_id: JobId = job_id.parse().unwrap();
        let job = self.store.progress(job_id).await.unwrap().job;
        let plan = self.store.chunks(&job).await.unwrap().plan;
        job.chunk_tasks(&plan).map(|task| task.to_json().unwrap()).collect()
    }
}

/// A request without a body whose path names a job.
fn about(request: http::request::Builder, job_id: &str) -> Request {
    let request: Request = request.body(Body::Empty).unwrap();
    let parameters = HashMap::from([("task_id".to_owned(), job_id.to_owned())]);
    request.with_path_parameters(parameters)
}

fn event(bodies: &[String], attempt: u32) -> LambdaEvent<SqsEvent> {
    let event = sqs_event(bodies.iter().map(String::as_str), attempt);
    LambdaEvent::new(serde_json::from_value(event).unwrap(), invocation())
}

fn status_and_body(response: &Response<String>) -> (u16, Value) {
    let body = serde_json::from_str(response.body()).unwrap_or_default();
    (response.status().as_u16(), body)
}
