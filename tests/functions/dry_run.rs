//! Asking how a job would be cut.

use std::collections::HashMap;

use lambda_http::{Body, Request, RequestExt, http};
use pgfold_adapters::memory::MemoryStore;
use pgfold_core::ChunkTask;
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{COLUMNS, hundred_rows, unreachable_database},
};
use pgfold_tests::doubles::{SpoiledSource, Step};

/// Nothing is kept, sent or held.
fn has_done_nothing(deployment: &MemoryDeployment) -> bool {
    let kept = format!("{:?}", deployment.store);
    kept == format!("{:?}", MemoryStore::default()) && deployment.messages().is_empty()
}

/// An answer without what it estimates, which is there and positive.
fn without_estimates(mut answer: Value) -> Value {
    for estimate in ["estimated_seconds", "estimated_cost_usd"] {
        let estimate = answer.as_object_mut().unwrap().remove(estimate);
        assert!(estimate.and_then(|number| number.as_f64()) > Some(0.0), "{answer}");
    }
    answer
}

#[tokio::test]
async fn a_dry_run_tells_the_plan_and_does_nothing() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for yes in ["true", ""] {
        let answer = deployment.dry_run(yes, r#"{"chunks": 2}"#).await;
        assert_eq!(answer.status(), 200);
        let expected = json!({
            "status": "dry run",
            "source": "points",
            "kernel": "min_distance",
            "columns": COLUMNS,
            "params": { "metric": "euclidean" },
            "execution": "streaming",
            "consistency": "per-chunk",
            "estimated_rows": 100,
            "connections": 2,
            "chunks": [
                { "chunk": 0, "start": 1, "end": 50 },
                { "chunk": 1, "start": 50, "end": 101 },
            ],
        });
        assert_eq!(without_estimates(body(&answer)), expected);
        assert!(has_done_nothing(&deployment));
    }
}

#[tokio::test]
async fn a_dry_run_of_a_snapshot_holds_none() {
    let table = hundred_rows();
    let deployment = MemoryDeployment::new(table.clone());
    let answer = deployment.dry_run("true", r#"{"chunks": 2, "consistency": "snapshot"}"#).await;
    let blocks =
        |start: u32, end: Option<u32>| json!([{ "relation": 1, "start": start, "end": end }]);
    let expected = json!({
        "status": "dry run",
        "source": "points",
        "kernel": "min_distance",
        "columns": COLUMNS,
        "params": { "metric": "euclidean" },
        "execution": "streaming",
        "consistency": "snapshot",
        "estimated_rows": 100,
        "connections": 3,
        "chunks": [
            { "chunk": 0, "blocks": blocks(0, Some(50)) },
            { "chunk": 1, "blocks": blocks(50, None) },
        ],
    });
    assert_eq!(without_estimates(body(&answer)), expected);
    assert!(has_done_nothing(&deployment));
    assert_eq!(table.held(), 0);
    let refused = deployment.dry_run("true", r#"{"chunks": 11, "consistency": "snapshot"}"#).await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn a_dry_run_of_a_filter_says_how_many_rows_meet_it() {
    let deployment = MemoryDeployment::new(hundred_rows());
    // The row with the nearest pair, and the ten with the least ids.
    let task = json!({ "kernel": "summary", "where": [{ "column": "x2", "le": 10 }] });
    let request = http::Request::post("/tasks").body(Body::from(task.to_string())).unwrap();
    let parameters = HashMap::from([("dry_run".to_owned(), "true".to_owned())]);
    let request: Request = request.with_query_string_parameters(parameters);
    let answer = body(&deployment.request(request).await);
    assert_eq!(answer["where"], json!([{ "column": "x2", "le": 10.0 }]));
    assert_eq!(answer["estimated_rows"], 11);
    assert_eq!(answer["estimated_share"], 0.11);
    assert!(has_done_nothing(&deployment));
    let all = body(&deployment.dry_run("true", "").await);
    assert_eq!((all.get("where"), all.get("estimated_share")), (None, None));
}

#[tokio::test]
async fn a_job_is_cut_as_its_dry_run_said() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let answer = body(&deployment.dry_run("true", r#"{"chunks": 7}"#).await);
    let real = deployment.dry_run("false", r#"{"chunks": 7}"#).await;
    assert_eq!(body(&real)["status"], "task submitted");
    let chunks = answer["chunks"].as_array().unwrap();
    let messages = deployment.messages();
    assert_eq!((chunks.len(), messages.len()), (7, 7));
    for (chunk, message) in chunks.iter().zip(messages) {
        let range = ChunkTask::from_json(&message).unwrap().range;
        assert_eq!(format!("{}..{}", chunk["start"], chunk["end"]), range.to_string());
    }
}

#[tokio::test]
async fn a_dry_run_is_refused_like_a_submission() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for bad in ["yes", "1", "TRUE", "true "] {
        let refused = deployment.dry_run(bad, "").await;
        assert_eq!(refused.status(), 400, "{bad}");
        let why = format!("dry_run must be true or false, not {bad:?}");
        let expected = json!({ "status": "task not submitted", "error": why });
        assert_eq!(body(&refused), expected);
    }
    for bad in ["[]", r#"{"chunks": 0}"#, r#"{"source": "lines"}"#] {
        assert_eq!(deployment.dry_run("true", bad).await.status(), 400, "{bad}");
    }
    assert!(has_done_nothing(&deployment));
    let unreachable = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Planning,
        unreachable_database,
    ));
    assert_eq!(unreachable.dry_run("true", "").await.status(), 503);
}
