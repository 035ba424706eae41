//! Requests and deliveries for which the functions make every call that they can make.

use std::{collections::BTreeSet, time::Duration};

use lambda_http::{Body, Request, RequestExt, http};
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{Catalogue, Cell, Error, JobId};
use pgfold_tests::{
    catalogue,
    doubles::{DownQueue, SpoiledSource, Step},
};
use serde_json::{Value, json};

use crate::permissions::{
    database::Database,
    functions::{Functions, MAX_ATTEMPTS},
};

/// Few enough chunks for one item, and enough for a tree of them.
const CHUNKS: [u16; 2] = [4, 200];

/// Has the functions do all that they do.
pub(crate) async fn go_through(functions: &Functions) {
    for chunks in CHUNKS {
        completes(functions, chunks).await;
        has_large_partials(functions, chunks).await;
        writes_groups(functions, chunks).await;
        writes_rows(functions, chunks).await;
        fails(functions, chunks).await;
        is_given_up(functions, chunks).await;
        is_cancelled(functions, chunks).await;
        is_not_queued(functions, chunks).await;
        is_submitted_once(functions, chunks).await;
    }
    reads_one_snapshot(functions).await;
    has_partitions_to_skip(functions).await;
    is_no_job(functions).await;
}

/// Has the functions that read the database log in with a secret.
pub(crate) async fn logs_in_with_a_secret(functions: &Functions, database: &Database) {
    let submit = database.catalogue(&functions.aws("SubmitFunction").await);
    let (status, answer) = functions.submit(&submit, post(&json!({ "chunks": 4 }))).await;
    assert_eq!(status, 200, "{answer}");
    let job_id = answer["task_id"].as_str().unwrap();
    let mapper = database.catalogue(&functions.aws("MapperFunction").await);
    functions.map(&mapper, &functions.messages(job_id).await, 1).await;
    assert_eq!(functions.result(job_id).await.0, 200);
}

async fn completes(functions: &Functions, chunks: u16) {
    let job_id = submitted(functions, chunks).await;
    assert_eq!(functions.result(&job_id).await.0, 204);
    let messages = functions.messages(&job_id).await;
    functions.remind(&job_id, 1).await;
    functions.map(&table(), &messages, 1).await;
    functions.map(&table(), &messages[..1], 2).await;
    functions.remind(&job_id, 1).await;
    assert_eq!(functions.result(&job_id).await.0, 200);
    assert_eq!(functions.ask_about_job("GET", &job_id, "").await.0, 200);
    assert_eq!(functions.ask_about_job("POST", &job_id, "/retry").await.0, 409);
    assert_eq!(functions.ask_about_job("DELETE", &job_id, "").await.0, 409);
    functions.bury(&messages[..1]).await;
}

async fn has_large_partials(functions: &Functions, chunks: u16) {
    let job_id = submitted(functions, chunks).await;
    let messages = functions.messages(&job_id).await;
    functions.map_with_room(0, &table(), &messages, 1).await;
    functions.remind(&job_id, 1).await;
    let (status, job) = functions.ask_about_job("GET", &job_id, "").await;
    assert_eq!((status, &job["answer"]["distance"]), (200, &json!(1.0)), "{job}");
}

async fn writes_groups(functions: &Functions, chunks: u16) {
    let task = json!({
        "group_by": ["g"], "compute": { "x": { "kernel": "summary", "columns": ["g"] } },
        "chunks": chunks, "output": { "format": "jsonl", "parts": 2 },
    });
    let table = || {
        let row = |id: i64| (id, vec![Cell::Integer(id % 7)]);
        catalogue(MemorySource::new(&["g"], (1..=1000).map(row)))
    };
    let (status, answer) = functions.submit(&table(), post_task(&task)).await;
    assert_eq!(status, 200, "{answer}");
    let job_id = answer["task_id"].as_str().unwrap();
    let messages = functions.messages(job_id).await;
    let (of_source, partitions) = messages.split_at(chunks.into());
    functions.map_with_room(0, &table(), of_source, 1).await;
    functions.bury(&of_source[..1]).await;
    functions.reduce(&partitions[..1], 1).await;
    functions.bury(&partitions[1..]).await;
    let (status, retried) = functions.ask_about_job("POST", job_id, "/retry").await;
    assert_eq!((status, &retried["chunks"]), (200, &json!(1)), "{retried}");
    functions.reduce(&partitions[1..], 1).await;
    functions.bury(&partitions[1..]).await;
    functions.remind(job_id, 1).await;
    let (status, job) = functions.ask_about_job("GET", job_id, "").await;
    assert_eq!((status, &job["files"]["part_count"]), (200, &json!(2)), "{job}");
}

async fn writes_rows(functions: &Functions, chunks: u16) {
    let task = json!({ "kernel": "rows", "chunks": chunks, "output": { "format": "csv" } });
    let (status, answer) = functions.submit(&table(), post_task(&task)).await;
    assert_eq!(status, 200, "{answer}");
    let job_id = answer["task_id"].as_str().unwrap();
    functions.map(&table(), &functions.messages(job_id).await, 1).await;
    let (status, job) = functions.ask_about_job("GET", job_id, "").await;
    assert_eq!((status, &job["files"]["part_count"]), (200, &json!(chunks)), "{job}");
}

async fn fails(functions: &Functions, chunks: u16) {
    let job_id = submitted(functions, chunks).await;
    let messages = functions.messages(&job_id).await;
    functions.map(&broken(), &messages[..1], 1).await;
    functions.map(&unreachable(), &messages[1..2], 1).await;
    functions.map(&unreachable(), &messages[2..3], MAX_ATTEMPTS).await;
    assert_eq!(functions.result(&job_id).await.0, 500);
    assert_eq!(functions.ask_about_job("GET", &job_id, "").await.0, 200);
    let (status, listed) = functions.ask_jobs(listing("failed")).await;
    assert_eq!(status, 200, "{listed}");
    assert!(listed["queue"]["waiting"].is_u64(), "{listed}");
    let tasks = listed["tasks"].as_array().unwrap();
    let states: BTreeSet<&str> = tasks.iter().filter_map(|task| task["state"].as_str()).collect();
    assert_eq!(states, BTreeSet::from(["failed"]));
    assert_eq!(tasks[0]["task_id"], *job_id);
    let error = tasks[0]["error"].as_str().unwrap();
    assert!(error.contains("table \"points\" does not exist"), "{error}");
    let (status, retried) = functions.ask_about_job("POST", &job_id, "/retry").await;
    assert_eq!((status, &retried["chunks"]), (200, &json!(chunks)), "{retried}");
    functions.map(&table(), &messages, 1).await;
    assert_eq!(functions.result(&job_id).await.0, 200);
}

async fn is_given_up(functions: &Functions, chunks: u16) {
    let job_id = submitted(functions, chunks).await;
    let messages = functions.messages(&job_id).await;
    functions.bury(&messages[..1]).await;
    functions.bury(&["no message".to_owned()]).await;
    assert_eq!(functions.result(&job_id).await.0, 500);
    functions.remind(&job_id, 1).await;
    let (status, job) = functions.ask_about_job("GET", &job_id, "").await;
    assert_eq!((status, &job["announced"]["state"]), (200, &json!("failed")), "{job}");
}

async fn is_cancelled(functions: &Functions, chunks: u16) {
    let job_id = submitted(functions, chunks).await;
    let messages = functions.messages(&job_id).await;
    assert_eq!(functions.ask_about_job("DELETE", &job_id, "").await.0, 200);
    functions.map(&table(), &messages[..1], 1).await;
    functions.bury(&messages[..1]).await;
    assert_eq!(functions.result(&job_id).await.0, 410);
    assert_eq!(functions.ask_about_job("POST", &job_id, "/retry").await.0, 409);
}

async fn is_not_queued(functions: &Functions, chunks: u16) {
    let request = post(&json!({ "chunks": chunks }));
    let (status, _) = functions.submit_to(&DownQueue, &table(), request).await;
    assert_eq!(status, 503);
}

async fn is_submitted_once(functions: &Functions, chunks: u16) {
    let key = format!("permissions-{}", pgfold_adapters::new_job_id());
    let request = || {
        let mut request = post(&json!({ "chunks": chunks }));
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    };
    assert_eq!(functions.submit_to(&DownQueue, &table(), request()).await.0, 503);
    // Past the deadline, so that the job is opened again.
    functions.wait(4000);
    let late = functions.store.list(None, 1).await.unwrap().remove(0).job;
    functions.remind(&late.job_id.to_string(), 1).await;
    let (status, first) = functions.submit(&table(), request()).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(functions.submit(&table(), request()).await, (200, first));
}

async fn reads_one_snapshot(functions: &Functions) {
    let table = table();
    let request = post(&json!({ "chunks": 4, "consistency": "snapshot" }));
    let submit = functions.submit(&table, request);
    // As soon as the job is known, whose id the answer would tell too late.
    let map = async {
        loop {
            let newest = functions.store.list(None, 1).await.unwrap().remove(0).job;
            if newest.computation.snapshot.is_some() {
                let messages = functions.messages(&newest.job_id.to_string()).await;
                return functions.map(&table, &messages, 1).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ((status, answer), ()) = tokio::join!(submit, map);
    assert_eq!(status, 200, "{answer}");
    let job_id: JobId = answer["task_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(functions.result(&job_id.to_string()).await.0, 200);
}

async fn has_partitions_to_skip(functions: &Functions) {
    let job_id = submitted(functions, CHUNKS[0]).await;
    let messages = functions.messages(&job_id).await;
    assert_eq!(functions.ask_about_job("DELETE", &job_id, "").await.0, 200);
    functions.reduce(&messages, 1).await;
    functions.reduce(&["no message".to_owned()], 1).await;
}

async fn is_no_job(functions: &Functions) {
    let unknown = pgfold_adapters::new_job_id().to_string();
    assert_eq!(functions.result(&unknown).await.0, 404);
    for (method, on) in [("GET", ""), ("DELETE", ""), ("POST", "/retry")] {
        assert_eq!(functions.ask_about_job(method, &unknown, on).await.0, 404);
    }
    for page in ["/dashboard", "/kernels", "/openapi.json"] {
        assert_eq!(functions.ask_jobs(get(page)).await.0, 200);
    }
    assert_eq!(functions.submit(&table(), get("/sources")).await.0, 200);
    assert_eq!(functions.submit(&table(), post(&json!({}))).await.0, 200);
    let dry = json!({ "chunks": 4 });
    let dry = post(&dry).with_query_string_parameters(query("dry_run", "true"));
    assert_eq!(functions.submit(&table(), dry).await.0, 200);
}

/// The task id of a job that was submitted.
async fn submitted(functions: &Functions, chunks: u16) -> String {
    let (status, answer) = functions.submit(&table(), post(&json!({ "chunks": chunks }))).await;
    assert_eq!((status, &answer["chunks"]), (200, &json!(chunks)), "{answer}");
    answer["task_id"].as_str().unwrap().to_owned()
}

fn post_task(body: &Value) -> Request {
    http::Request::post("/tasks").body(body.to_string().into()).unwrap()
}

fn post(body: &Value) -> Request {
    http::Request::post("/compute_min_distance").body(body.to_string().into()).unwrap()
}

fn get(path: &str) -> Request {
    http::Request::get(path).body(Body::Empty).unwrap()
}

fn listing(state: &str) -> Request {
    get("/tasks").with_query_string_parameters(query("state", state))
}

fn query(name: &str, value: &str) -> std::collections::HashMap<String, String> {
    std::collections::HashMap::from([(name.to_owned(), value.to_owned())])
}

/// A table of a thousand rows.
fn rows() -> MemorySource {
    let row = |id: i64| (id, vec![Some(0.0), Some(0.0), Some(id as f64), Some(0.0)]);
    MemorySource::new(&["x1", "y1", "x2", "y2"], (1..=1000).map(row))
}

fn table() -> Catalogue<'static> {
    catalogue(rows())
}

fn broken() -> Catalogue<'static> {
    unreadable(|| Error::Misconfigured("table \"points\" does not exist".to_owned()))
}

fn unreachable() -> Catalogue<'static> {
    unreadable(|| Error::unavailable("postgres", "connection refused"))
}

fn unreadable(why: fn() -> Error) -> Catalogue<'static> {
    catalogue(SpoiledSource::new(rows(), Step::Beginning, why))
}
