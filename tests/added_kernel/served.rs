//! Prints what the function jobs answers to GET /kernels and GET /openapi.json, a line each.

use std::time::Duration;

use lambda_http::{Body, Request, http};
use pgfold_adapters::{
    SystemClock, Unannounced,
    memory::{MemoryObjects, MemoryQueue, MemoryStore},
};
use pgfold_core::{JobControl, JobPolicy};
use pgfold_jobs::{Backlogs, Jobs, handler};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (queue, store) = (MemoryQueue::default(), MemoryStore::default());
    let policy = JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };
    let jobs = Jobs {
        control: JobControl {
            store: &store,
            queue: &queue,
            reducers: &queue,
            reminders: &Unannounced,
            clock: &SystemClock,
            policy,
        },
        objects: &MemoryObjects::default(),
        files: &MemoryObjects::default(),
        backlogs: Backlogs {
            chunks: &queue,
            reductions: &queue,
            dead_letters: [&queue, &queue],
            poison: &queue,
        },
    };
    for path in ["/kernels", "/openapi.json"] {
        let request: Request = http::Request::get(path).body(Body::Empty).expect("a request");
        let answer = handler(&jobs, request).await.expect("an answer");
        let body: serde_json::Value = serde_json::from_str(answer.body()).expect("JSON");
        println!("{body}");
    }
}
