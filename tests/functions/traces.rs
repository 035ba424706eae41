//! The trace of a job: from the request that submits it through every message and mapper to its
//! result, in the answers and in every line of the log.

use std::collections::HashMap;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use lambda_http::{Body, Request, http};
use lambda_runtime::tracing::Level;
use pgfold_adapters::{Received, deliver};
use pgfold_core::ChunkTask;
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, altered, body},
    log::Log,
    tables::{hundred_rows, missing_table, unreachable_database},
};
use pgfold_tests::{
    catalogue,
    doubles::{DelayNotes, DownQueue, SpoiledSource, Step},
};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// As Lambda has it of an invocation.
const LAMBDA: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;\
                      Lineage=1:2af4d1b8:0";

/// What is kept of that.
const KEPT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// A request that submits a job, of the trace that Lambda says the invocation is of.
fn traced(trace: &str) -> http::request::Builder {
    http::Request::post("/compute_min_distance").header("x-amzn-trace-id", trace)
}

async fn submit(deployment: &MemoryDeployment, request: http::request::Builder) -> Value {
    let request: Request = request.body(Body::Empty).unwrap();
    let response = deployment.request(request).await;
    assert_eq!(response.status(), 200, "{}", response.body());
    body(&response)
}

fn traces(messages: &[String]) -> Vec<String> {
    let trace = |message: &String| ChunkTask::from_json(message).unwrap().trace.context;
    messages.iter().map(trace).collect()
}

#[tokio::test]
async fn a_trace_runs_from_the_request_to_the_result() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let submitted = submit(&deployment, traced(LAMBDA)).await;
    assert_eq!(submitted["trace_id"], ROOT);
    let job_id = submitted["task_id"].as_str().unwrap();
    let messages = deployment.messages();
    assert_eq!(traces(&messages), [KEPT; 4]);
    assert_eq!(body(&deployment.job("GET", job_id).await)["trace_id"], ROOT);

    // Sent again, by a request of another trace, it is that of the job.
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Reading, missing_table));
    assert_eq!(deployment.deliver(&messages[..1]).await, [""; 0]);
    let failed = deployment.result(job_id).await;
    assert_eq!((failed.status().as_u16(), &body(&failed)["trace_id"]), (500, &json!(ROOT)));
    assert_eq!(body(&deployment.job("POST", job_id).await)["trace_id"], ROOT);
    let again = deployment.messages();
    assert_eq!(traces(&again), [KEPT; 4]);

    deployment.catalogue = catalogue(hundred_rows());
    assert_eq!(deployment.deliver(&again).await, [""; 0]);
    let result = deployment.result(job_id).await;
    assert_eq!((result.status().as_u16(), &body(&result)["trace_id"]), (200, &json!(ROOT)));
}

#[tokio::test]
async fn a_job_of_no_trace_has_one_of_its_own() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for request in [http::Request::post("/compute_min_distance"), traced("Root=rubbish")] {
        let submitted = submit(&deployment, request).await;
        let job_id = submitted["task_id"].as_str().unwrap();
        let trace_id = submitted["trace_id"].as_str().unwrap();
        // The last 24 digits are those of the job's name.
        assert_eq!(trace_id[11..], job_id[4..].replace('-', "")[8..]);
        assert_eq!(traces(&deployment.messages()), vec![format!("Root={trace_id}"); 4]);
    }
}

#[tokio::test]
async fn a_key_keeps_the_trace_of_its_first_request() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let keyed = |trace| traced(trace).header("idempotency-key", "key");
    let other = LAMBDA.replace('5', "6");
    let first = submit(&deployment, keyed(LAMBDA)).await;
    assert_eq!(submit(&deployment, keyed(&other)).await, first);
    assert_eq!(first["trace_id"], ROOT);

    // Carried on by the second, for the first could send nothing.
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let queue = std::mem::replace(&mut deployment.queue, Box::new(DownQueue));
    let request: Request = keyed(LAMBDA).body(Body::Empty).unwrap();
    assert_eq!(deployment.request(request).await.status(), 503);
    deployment.queue = queue;
    assert_eq!(submit(&deployment, keyed(&other)).await["trace_id"], ROOT);
    assert_eq!(traces(&deployment.messages()), [KEPT; 4]);
}

#[tokio::test]
async fn mappers_take_the_messages_of_a_later_build() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = submit(&deployment, traced(LAMBDA)).await["task_id"].as_str().unwrap().to_owned();
    let messages = deployment.messages();
    let edited = |message: &String, edit: fn(&mut serde_json::Map<String, Value>)| {
        let mut message: Value = serde_json::from_str(message).unwrap();
        edit(message.as_object_mut().unwrap());
        message.to_string()
    };
    let later = edited(&messages[0], |message| {
        assert!(message.insert("priority".to_owned(), json!({ "of": "a later build" })).is_none());
    });
    assert_eq!(deployment.deliver(&[later]).await, [""; 0]);
    // Of the next version it knows nothing, and leaves the message to a mapper that does.
    let next = altered(&messages[2], "v", json!(ChunkTask::VERSION + 1));
    for attempt in 1..=5 {
        assert_eq!(deployment.deliver_for_the(attempt, std::slice::from_ref(&next)).await, ["0"]);
    }
    assert_eq!(deployment.bury(&[next]).await, ["0"]);
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    assert_eq!(deployment.deliver(&messages[1..]).await, [""; 0]);
    let result = body(&deployment.result(&job_id).await);
    assert_eq!((&result["result"], &result["rows"]), (&json!("0.5"), &json!(100)));
}

#[tokio::test]
async fn every_line_about_a_job_says_which_and_of_what_trace() {
    let log = Log::start();
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let submitted = submit(&deployment, traced(LAMBDA)).await;
    let job_id = submitted["task_id"].as_str().unwrap();
    let messages = deployment.messages();
    let mut expected = vec!["task submitted"];
    assert_eq!(deployment.deliver_for_the(1, &messages[..1]).await, [""; 0]);
    assert_eq!(deployment.deliver_for_the(2, &messages[..1]).await, [""; 0]);
    expected.extend(["chunk folded", "chunk skipped"]);
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Beginning, unreachable_database));
    assert_eq!(deployment.deliver_for_the(1, &messages[1..2]).await, ["0"]);
    expected.push("message comes back");
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Reading, missing_table));
    assert_eq!(deployment.deliver_for_the(1, &messages[2..3]).await, [""; 0]);
    expected.extend(["attempt failed", "chunk failed"]);
    assert_eq!(deployment.bury(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.bury(&messages[..1]).await, [""; 0]);
    expected.extend(["chunk given up", "dead letter dropped"]);
    assert_eq!(deployment.result(job_id).await.status(), 500);
    expected.push("result told");
    assert_eq!(deployment.job("POST", job_id).await.status(), 200);
    assert_eq!(deployment.job("DELETE", job_id).await.status(), 200);
    expected.extend(["task taken up again", "task cancelled"]);

    let lines = log.take();
    let said: Vec<&str> = lines.iter().map(|(message, _)| message.as_str()).collect();
    assert_eq!(said, expected);
    let chunks = [Some(0), Some(0), Some(1), Some(2), Some(2), Some(3), Some(0)];
    let chunks = [None].into_iter().chain(chunks).chain([None; 3]);
    for ((message, fields), chunk) in lines.iter().zip(chunks) {
        assert_eq!((&fields["task_id"], &fields["trace_id"]), (&json!(job_id), &json!(ROOT)));
        assert_eq!(fields.get("chunk").and_then(Value::as_u64), chunk, "{message}");
        assert_eq!(fields.contains_key("message_id"), chunk.is_some(), "{message}");
    }
    assert_eq!((&lines[2].1["attempt"], &lines[2].1["message_id"]), (&json!(2), &json!("0")));
}

#[tokio::test]
async fn a_key_that_comes_again_is_logged_as_the_job_that_it_has() {
    let log = Log::start();
    let deployment = MemoryDeployment::new(hundred_rows());
    let keyed = |trace| traced(trace).header("idempotency-key", "key");
    let job_id = submit(&deployment, keyed(LAMBDA)).await["task_id"].clone();
    submit(&deployment, keyed(&LAMBDA.replace('5', "6"))).await;
    let lines = log.take();
    assert_eq!(lines.len(), 2);
    for (message, fields) in lines {
        assert_eq!(message, "task submitted");
        assert_eq!((&fields["task_id"], &fields["trace_id"]), (&job_id, &json!(ROOT)));
    }
}

#[tokio::test]
async fn lines_say_as_much_where_nothing_but_errors_is_logged() {
    let log = Log::at(Level::ERROR);
    let deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Beginning,
        unreachable_database,
    ));
    let submitted = submit(&deployment, traced(LAMBDA)).await;
    assert_eq!(deployment.deliver(&deployment.messages()[1..2]).await, ["0"]);
    let [(message, fields)] = &log.take()[..] else { panic!("not one line") };
    assert_eq!((message.as_str(), &fields["chunk"]), ("message comes back", &json!(1)));
    assert_eq!((&fields["task_id"], &fields["trace_id"]), (&submitted["task_id"], &json!(ROOT)));
}

#[tokio::test]
async fn lines_of_a_job_that_cannot_be_reached_name_it() {
    let log = Log::start();
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.queue = Box::new(DownQueue);
    let request: Request = traced(LAMBDA).body(Body::Empty).unwrap();
    assert_eq!(deployment.request(request).await.status(), 503);
    let [(message, fields)] = &log.take()[..] else { panic!("not one line") };
    assert_eq!((message.as_str(), &fields["trace_id"]), ("task not submitted", &json!(ROOT)));
    let job_id = fields["task_id"].as_str().unwrap();
    assert_eq!(deployment.job("POST", job_id).await.status(), 503);
    let [(message, fields)] = &log.take()[..] else { panic!("not one line") };
    assert_eq!((message.as_str(), &fields["task_id"]), ("task not retried", &json!(job_id)));
}

#[tokio::test]
async fn a_key_whose_job_cannot_be_queued_is_logged_as_that_job() {
    let log = Log::start();
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let queue = std::mem::replace(&mut deployment.queue, Box::new(DownQueue));
    for _ in 0..2 {
        assert_eq!(deployment.submit_once("key", "").await.status(), 503);
    }
    deployment.queue = queue;
    let job_id = body(&deployment.submit_once("key", "").await)["task_id"].clone();
    let lines = log.take();
    assert_eq!(lines.len(), 3);
    for (message, fields) in lines {
        assert_eq!(fields.get("task_id"), Some(&job_id), "{message}");
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_logged_by_what_the_queue_says_of_it() {
    let log = Log::start();
    let mut message = SqsMessage::default();
    message.message_id = Some("unreadable".to_owned());
    message.body = Some("not JSON".to_owned());
    message.attributes.insert("AWSTraceHeader".to_owned(), KEPT.to_owned());
    let mut event = SqsEvent::default();
    event.records.push(message);
    let handle = async |_: Received| panic!("there is nothing to handle");
    let backoff = |_, _: &_| std::time::Duration::ZERO;
    let response = deliver(&DelayNotes::default(), &event, backoff, handle).await.unwrap();
    assert_eq!(response.batch_item_failures.len(), 1);
    let [(message, fields)] = &log.take()[..] else { panic!("not one line") };
    assert_eq!(message, "message comes back");
    let expected = [
        ("name", json!("delivery")),
        ("message_id", json!("unreadable")),
        ("attempt", json!(1)),
        ("trace_id", json!(ROOT)),
    ];
    assert_eq!(*fields, HashMap::from(expected.map(|(name, value)| (name.to_owned(), value))));
}
