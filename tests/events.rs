//! The sample events of `events/` are what the functions understand.

use std::{fs, io, time::Duration};

use aws_lambda_events::sqs::SqsEvent;
use lambda_http::{RequestExt, request};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{
    Metrics, SystemClock,
    memory::{MemoryQueue, MemorySource, MemoryStore},
};
use pgfold_core::{Catalogue, JobControl, JobPolicy, MapTask, Mapper, Mappers, Submitter};
use pgfold_monitor::{Backlogs, Monitor};
use pgfold_tests::{PlannedJob, invocation};

const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

const DAY: Duration = Duration::from_secs(86_400);

fn catalogue(source: MemorySource) -> Catalogue<'static> {
    Catalogue::new([("points".to_owned(), source)])
}

fn event(name: &str) -> String {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Metrics that nobody reads.
fn metrics() -> Metrics {
    Metrics::new("test", io::sink())
}

#[tokio::test]
async fn submit_json_submits_a_job_of_four_chunks() {
    let rows = (0..8).map(|id| (id, vec![Some(0.0); 4]));
    let submitter = Submitter {
        catalogue: &catalogue(MemorySource::new(&COLUMNS, rows)),
        queue: &MemoryQueue::default(),
        store: &MemoryStore::default(),
        clock: &SystemClock,
        policy: JobPolicy { deadline: DAY, ttl: DAY },
        mappers: Mappers { concurrency: 10, memory_mb: 1769 },
    };
    let request = request::from_str(&event("submit")).unwrap();
    let response = pgfold_submit::handler(&submitter, &metrics(), request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.body().starts_with(r#"{"status":"task submitted","task_id":"agg_"#));
    assert!(response.body().contains(r#""chunks":4"#), "{}", response.body());
}

#[tokio::test]
async fn result_json_asks_for_a_job() {
    let request = request::from_str(&event("result")).unwrap();
    let task_id = request.path_parameters().first("task_id").unwrap().to_owned();
    let store = MemoryStore::default();
    let response = pgfold_result::handler(&store, &SystemClock, request).await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(response.body().contains(&task_id), "{}", response.body());
}

#[tokio::test]
async fn cancel_json_asks_to_cancel_a_job() {
    let request = request::from_str(&event("cancel")).unwrap();
    let (store, queue) = (&MemoryStore::default(), &MemoryQueue::default());
    let policy = JobPolicy { deadline: DAY, ttl: DAY };
    let monitor = Monitor {
        control: JobControl { queue, store, clock: &SystemClock, policy },
        backlogs: Backlogs { chunks: queue, dead_letters: queue, poison: queue },
    };
    let response = pgfold_monitor::handler(&monitor, request).await.unwrap();
    assert_eq!(response.status(), 404);
    assert!(response.body().starts_with(r#"{"status":"task not cancelled""#));
}

#[tokio::test]
async fn chunk_json_is_a_message_whose_job_is_not_known() {
    let mapper = Mapper {
        catalogue: &catalogue(MemorySource::new::<f64>(&COLUMNS, [])),
        store: &MemoryStore::default(),
        clock: &SystemClock,
    };
    let (event, id) = message("chunk");
    let queue = MemoryQueue::default();
    let response = pgfold_mapper::handler(&mapper, &queue, &metrics(), 5, event).await.unwrap();
    assert_eq!(response.batch_item_failures[0].item_identifier, id);
}

#[tokio::test]
async fn dead_letter_json_is_one_whose_job_is_not_known() {
    let (event, id) = message("dead_letter");
    let (store, queue) = (MemoryStore::default(), MemoryQueue::default());
    let response =
        pgfold_dead_letter::handler(&store, &SystemClock, &queue, &metrics(), event).await.unwrap();
    assert_eq!(response.batch_item_failures[0].item_identifier, id);
}

/// An event of one message as submit writes it, and that message's id.
fn message(name: &str) -> (LambdaEvent<SqsEvent>, String) {
    let event: SqsEvent = serde_json::from_str(&event(name)).unwrap();
    let message = &event.records[0];
    let body = message.body.as_deref().unwrap();
    let task = MapTask::from_json(body).unwrap();
    assert_eq!(task.to_json().unwrap(), body);
    assert_eq!(task.computation, PlannedJob::new(1).job.computation, "not the demo's table");
    let id = message.message_id.clone().unwrap();
    (LambdaEvent::new(event, invocation()), id)
}
