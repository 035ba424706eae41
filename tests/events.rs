//! The sample events of `events/`: a function understands each, and answers as
//! `events/answers.json` says. Everything that `template.yaml` calls a function with has a sample.
//!
//! The handlers run here on memory. `invoke/` runs the built programs in AWS's runtime emulator.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_http::{RequestExt, Response, request};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{
    FileFormats, SystemClock, Unannounced,
    memory::{
        MemoryEvents, MemoryObjects, MemoryQueue, MemoryReminders, MemorySource, MemoryStore,
        MemoryWorkflows,
    },
};
use pgfold_core::{
    Announcer, ChunkRecord, ChunkTask, Ended, JobControl, JobPolicy, Mapper, Mappers, Recorder,
    Reducer, Reminder, StageEnd, Submitter,
};
use pgfold_jobs::{Backlogs, Jobs};
use pgfold_tests::{catalogue, doubles::unread_metrics, invocation};
use serde_json::Value;

const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

const DAY: Duration = Duration::from_secs(86_400);

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The samples of a function by their names, each `FUNCTION/EVENT`.
fn samples(function: &str) -> BTreeMap<String, String> {
    let directory = fs::read_dir(events().join(function)).unwrap();
    let files = directory.map(|entry| entry.unwrap().path());
    let sample = |file: PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        (format!("{function}/{name}"), read(&file))
    };
    files.map(sample).collect()
}

/// What is said to each sample, by its name.
fn answers() -> BTreeMap<String, Value> {
    serde_json::from_str(&read(&events().join("answers.json"))).unwrap()
}

fn assert_answered(name: &str, response: &Response<String>) {
    let expected = &answers()[name];
    let says = expected["says"].as_str().unwrap();
    assert_eq!(response.status(), expected["status"].as_u64().unwrap() as u16, "{name}");
    assert!(response.body().contains(says), "{name}: {}", response.body());
}

fn assert_delivered(name: &str, event: &SqsEvent, response: &SqsBatchResponse) {
    let failed = response.batch_item_failures.iter().map(|failure| &failure.item_identifier);
    let ids: Vec<_> = match answers()[name]["comes_back"].as_bool().unwrap() {
        true => event.records.iter().map(|record| record.message_id.as_ref().unwrap()).collect(),
        false => Vec::new(),
    };
    assert_eq!(failed.collect::<Vec<_>>(), ids, "{name}");
}

#[tokio::test]
async fn submit_answers_its_samples() {
    let rows = (0..8).map(|id| (id, vec![Some(0.0); 4]));
    let submitter = Submitter {
        catalogue: &catalogue(MemorySource::new(&COLUMNS, rows)),
        queue: &MemoryQueue::default(),
        reminders: &Unannounced,
        store: &MemoryStore::default(),
        clock: &SystemClock,
        policy: JobPolicy { deadline: DAY, ttl: DAY },
        mappers: Mappers { concurrency: 10, memory_mb: 1769 },
        answers_workflows: false,
    };
    for (name, event) in samples("submit") {
        let event = LambdaEvent::new(serde_json::from_str(&event).unwrap(), invocation());
        let answer =
            pgfold_submit::invocation::handler(&submitter, &unread_metrics(), event).await.unwrap();
        let expected = &answers()[&name];
        if let Some(returns) = expected["returns"].as_str() {
            assert!(answer.get().contains(returns), "{name}: {answer}");
            continue;
        }
        let response: Value = serde_json::from_str(answer.get()).unwrap();
        assert_eq!(response["statusCode"], expected["status"], "{name}");
        let (says, body) = (expected["says"].as_str().unwrap(), response["body"].as_str().unwrap());
        assert!(body.contains(says), "{name}: {body}");
    }
}

#[tokio::test]
async fn result_answers_its_samples() {
    let store = MemoryStore::default();
    for (name, event) in samples("result") {
        let request = request::from_str(&event).unwrap();
        let response = pgfold_result::handler(&store, &SystemClock, request).await.unwrap();
        assert_answered(&name, &response);
    }
}

#[tokio::test]
async fn monitor_answers_its_samples() {
    let (store, queue) = (&MemoryStore::default(), &MemoryQueue::default());
    let policy = JobPolicy { deadline: DAY, ttl: DAY };
    let jobs = Jobs {
        control: JobControl {
            queue,
            reducers: queue,
            reminders: &Unannounced,
            store,
            clock: &SystemClock,
            policy,
        },
        objects: &MemoryObjects::default(),
        files: &MemoryObjects::default(),
        backlogs: Backlogs {
            chunks: queue,
            reductions: queue,
            dead_letters: [queue, queue],
            poison: queue,
        },
    };
    for (name, event) in samples("jobs") {
        let request = request::from_str(&event).unwrap();
        let response = pgfold_jobs::handler(&jobs, request).await.unwrap();
        assert_answered(&name, &response);
    }
}

fn recorder<'a>(
    store: &'a MemoryStore,
    objects: &'a MemoryObjects,
    reducers: &'a MemoryQueue,
) -> Recorder<'a> {
    let end = StageEnd { store, objects, reducers, reminders: &Unannounced };
    Recorder { end, clock: &SystemClock }
}

#[tokio::test]
async fn mapper_answers_its_samples() {
    let (store, queue) = (MemoryStore::default(), MemoryQueue::default());
    let objects = MemoryObjects::default();
    let mapper = Mapper {
        catalogue: &catalogue(MemorySource::new::<f64>(&COLUMNS, [])),
        recorder: recorder(&store, &objects, &queue),
        objects: &objects,
        files: &objects,
        encoders: &FileFormats,
        room: ChunkRecord::ROOM,
        most_in_memory: Mapper::MOST_IN_MEMORY,
    };
    for (name, text) in samples("mapper") {
        let event: SqsEvent = serde_json::from_str(&text).unwrap();
        let invoked = LambdaEvent::new(event.clone(), invocation());
        let queue = MemoryQueue::default();
        let response =
            pgfold_mapper::handler(&mapper, &queue, &unread_metrics(), 5, invoked).await.unwrap();
        assert_delivered(&name, &event, &response);
    }
}

#[tokio::test]
async fn reducer_answers_its_samples() {
    let (store, queue) = (MemoryStore::default(), MemoryQueue::default());
    let objects = MemoryObjects::default();
    let reducer = Reducer {
        recorder: recorder(&store, &objects, &queue),
        objects: &objects,
        files: &objects,
        encoders: &FileFormats,
    };
    for (name, text) in samples("reducer") {
        let event: SqsEvent = serde_json::from_str(&text).unwrap();
        let invoked = LambdaEvent::new(event.clone(), invocation());
        let queue = MemoryQueue::default();
        let response =
            pgfold_reducer::handler(&reducer, &queue, &unread_metrics(), 5, invoked).await.unwrap();
        assert_delivered(&name, &event, &response);
    }
}

#[tokio::test]
async fn dead_letter_answers_its_samples() {
    let (store, queue) = (MemoryStore::default(), MemoryQueue::default());
    let objects = MemoryObjects::default();
    for (name, text) in samples("dead_letter") {
        let event: SqsEvent = serde_json::from_str(&text).unwrap();
        let invoked = LambdaEvent::new(event.clone(), invocation());
        let recorder = recorder(&store, &objects, &queue);
        let response = pgfold_dead_letter::handler(&recorder, &queue, &unread_metrics(), invoked)
            .await
            .unwrap();
        assert_delivered(&name, &event, &response);
    }
}

#[tokio::test]
async fn announcer_answers_its_samples() {
    let queue = MemoryQueue::default();
    let announcer = Announcer {
        store: &MemoryStore::default(),
        objects: &MemoryObjects::default(),
        reminders: &MemoryReminders::default(),
        events: &MemoryEvents::default(),
        workflows: &MemoryWorkflows::default(),
        clock: &SystemClock,
        detail: &|_: &Ended| unreachable!("there are no jobs"),
    };
    for (name, text) in samples("announcer") {
        let event: SqsEvent = serde_json::from_str(&text).unwrap();
        let invoked = LambdaEvent::new(event.clone(), invocation());
        let metrics = unread_metrics();
        let response = pgfold_announcer::handler(&announcer, &queue, &metrics, invoked).await;
        assert_delivered(&name, &event, &response.unwrap());
        if !name.ends_with("poison") {
            let body = event.records[0].body.as_deref().unwrap();
            assert_eq!(Reminder::from_json(body).unwrap().to_json().unwrap(), body, "{name}");
        }
    }
}

#[test]
fn chunks_are_messages_as_submit_writes_them() {
    let all: Vec<_> = ["mapper", "reducer", "dead_letter"].into_iter().flat_map(samples).collect();
    let chunks = all.iter().filter(|(name, _)| !name.ends_with("poison"));
    let mut count = 0;
    for (name, text) in chunks {
        let event: SqsEvent = serde_json::from_str(text).unwrap();
        let body = event.records[0].body.as_deref().unwrap();
        let task = ChunkTask::from_json(body).unwrap();
        assert_eq!(task.to_json().unwrap(), body, "{name}");
        count += 1;
    }
    assert!(count > 0);
}

/// The routes of `template.yaml`, each `METHOD /path`, in whichever way it writes them.
fn routes_of_template() -> BTreeSet<String> {
    let template = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml"));
    let value = |text: &str| text.trim_matches(['"', ' ', ',']).to_owned();
    let of_line = |line: &str| {
        if let Some((_, route)) = line.split_once("RouteKey: ") {
            return Some(value(route));
        }
        // `Properties: {ApiId: !Ref Api, Method: GET, Path: /tasks}`
        let (_, route) = line.split_once("Method: ")?;
        let (method, path) = route.strip_suffix('}')?.split_once(", Path: ")?;
        Some(format!("{} {}", value(method), value(path)))
    };
    template.lines().filter_map(of_line).collect()
}

#[test]
fn there_is_a_sample_of_each_route_and_each_has_its_answer() {
    let mut sampled = BTreeSet::new();
    let mut names = BTreeSet::new();
    for function in ["submit", "mapper", "reducer", "result", "dead_letter", "announcer", "jobs"] {
        for (name, text) in samples(function) {
            let event: Value = serde_json::from_str(&text).unwrap();
            sampled.extend(event["routeKey"].as_str().map(str::to_owned));
            names.insert(name);
        }
    }
    assert_eq!(sampled, routes_of_template());
    assert_eq!(names, answers().into_keys().collect());
}

#[test]
fn requests_agree_with_themselves() {
    for function in ["submit", "result", "jobs"] {
        for (name, text) in samples(function) {
            let event: Value = serde_json::from_str(&text).unwrap();
            if event.get("job").is_some() {
                continue; // a direct invocation
            }
            let context = &event["requestContext"];
            assert_eq!(context["routeKey"], event["routeKey"], "{name}");
            assert_eq!(context["http"]["path"], event["rawPath"], "{name}");
            let request = request::from_str(&text).unwrap();
            let (method, route) = event["routeKey"].as_str().unwrap().split_once(' ').unwrap();
            assert_eq!(request.method(), method, "{name}");
            let parameters = request.path_parameters();
            let job_id = parameters.first("task_id").unwrap_or_default();
            assert_eq!(event["rawPath"], route.replace("{task_id}", job_id), "{name}");
            if let Some(length) = request.headers().get("content-length") {
                assert_eq!(length, &request.body().len().to_string(), "{name}");
            }
        }
    }
}
