//! The same request, sent more than once.

use std::{collections::BTreeSet, sync::Arc};

use lambda_http::{Body, Response, http};
use pgfold_api::SubmitRequest;
use pgfold_core::{
    Claim, Clock, Computed, IdempotencyKey, JobRequest, Query, Store, Timestamp,
    kernel::{self, KernelSpec},
};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{hundred_rows, unreachable_database},
};
use pgfold_tests::{
    catalogue,
    doubles::{DownQueue, SharedQueue, SpoiledSource, Step},
};

#[tokio::test]
async fn a_key_names_one_job_however_often_it_comes() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let first = deployment.submit_once("key", r#"{"chunks": 3}"#).await;
    assert_eq!(deployment.messages().len(), 3);
    for same in [r#"{"chunks": 3}"#, r#" {"chunks":3,"metric":"euclidean"}"#] {
        let again = deployment.submit_once("key", same).await;
        assert_eq!((again.status().as_u16(), again.body()), (200, first.body()));
    }
    assert!(deployment.messages().is_empty(), "the messages were sent before");
    let other = deployment.submit_once("another key", r#"{"chunks": 3}"#).await;
    assert_ne!(body(&other)["task_id"], body(&first)["task_id"]);
}

#[tokio::test]
async fn requests_at_the_same_time_are_one_job() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let submissions = (0..8).map(|_| deployment.submit_once("key", ""));
    let answers = futures_util::future::join_all(submissions).await;
    assert!(answers.iter().all(|answer| answer.body() == answers[0].body()), "{answers:?}");
    let job_id = body(&answers[0])["task_id"].as_str().unwrap().to_owned();
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["rows"], 100);
}

#[tokio::test]
async fn a_key_is_not_for_another_request() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let first = body(&deployment.submit_once("key", "").await);
    let other = deployment.submit_once("key", r#"{"chunks": 3}"#).await;
    assert_eq!(other.status(), 400);
    let job_id = first["task_id"].as_str().unwrap();
    let error = format!("the Idempotency-Key belongs to another request, of {job_id}");
    assert_eq!(body(&other), json!({ "status": "task not submitted", "error": error }));
    let empty = deployment.submit_once("", "").await;
    assert_eq!(empty.status(), 400);
    assert_eq!(body(&empty)["error"], "an Idempotency-Key has 1 to 255 characters, not 0");
}

/// Submits a task under a key.
async fn task_once(deployment: &MemoryDeployment, key: &str, task: &Value) -> Response<String> {
    let request = http::Request::post("/tasks").header("idempotency-key", key);
    deployment.request(request.body(Body::from(task.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_request_with_its_defaults_spelled_out_is_the_same_request() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let requests = [
        json!([
            { "kernel": "min_distance" },
            { "kernel": "min_distance", "params": {}, "source": "points" },
            { "params": { "metric": "euclidean" }, "kernel": "min_distance" },
            { "kernel": "min_distance", "columns": ["x1", "y1", "x2", "y2"], "chunks": 4.0 },
            { "kernel": "min_distance", "consistency": "per-chunk", "execution": "streaming" },
        ]),
        json!([
            { "kernel": "nearest_k", "params": { "k": 10 } },
            { "kernel": "nearest_k", "params": { "metric": "euclidean", "k": 1e1 }, "chunks": 4 },
            { "kernel": "nearest_k" },
        ]),
        json!([
            { "kernel": "histogram", "params": { "bounds": [0, 1, 50] } },
            { "kernel": "histogram", "params": { "bounds": [-0.0, 1.0, 5e1] } },
            { "kernel": "histogram", "params": { "bounds": ["0.00", 1e0, "50"] },
              "columns": ["x1"] },
        ]),
        json!([
            { "kernel": "summary", "where": [{ "column": "x2", "gt": 4, "lt": 1e2 }] },
            { "kernel": "summary", "where": [{ "lt": 100, "gt": 4.0, "column": "x2" }] },
            { "kernel": "summary", "columns": ["x1"], "consistency": "per-chunk",
              "where": [{ "column": "x2", "lt": 100.0 }, { "column": "x2", "gt": 4 }] },
        ]),
        json!([
            { "compute": { "one": { "kernel": "nearest_k" } } },
            { "compute": { "one": { "kernel": "nearest_k", "params": { "k": 10.0 } } } },
            { "compute": { "one": { "columns": ["x1", "y1", "x2", "y2"], "kernel": "nearest_k" } },
              "where": [], "group_by": [] },
        ]),
        json!([
            { "kernel": "quantiles", "columns": ["x1"] },
            { "kernel": "quantiles", "params": { "ranks": [0.5, 0.9, 0.99] } },
        ]),
        json!([
            { "kernel": "summary", "consistency": "snapshot", "chunks": 1 },
            { "kernel": "summary", "columns": ["x1"], "consistency": "snapshot", "chunks": 1 },
        ]),
    ];
    for (key, same) in requests.iter().enumerate() {
        let same = same.as_array().unwrap();
        // Whichever comes first.
        for first in 0..same.len() {
            let key = format!("{key} {first}");
            let mut job_ids = BTreeSet::new();
            for task in same[first..].iter().chain(&same[..first]) {
                let answer = match task["consistency"] == "snapshot" {
                    false => task_once(&deployment, &key, task).await,
                    true => attached(&deployment, task_once(&deployment, &key, task)).await,
                };
                assert_eq!(answer.status(), 200, "{task}: {}", answer.body());
                job_ids.insert(body(&answer)["task_id"].as_str().unwrap().to_owned());
            }
            assert_eq!(job_ids.len(), 1, "{same:?}");
        }
    }
}

/// What a submission is answered whose mapper reads at once.
async fn attached(
    deployment: &MemoryDeployment,
    submission: impl Future<Output = Response<String>>,
) -> Response<String> {
    let delivering = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
            let messages = deployment.messages();
            if !messages.is_empty() {
                return assert_eq!(deployment.deliver(&messages).await, [""; 0]);
            }
        }
    };
    tokio::join!(submission, delivering).0
}

#[tokio::test]
async fn requests_that_differ_are_not_made_the_same() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let base = json!({ "kernel": "nearest_k" });
    assert_eq!(task_once(&deployment, "key", &base).await.status(), 200);
    for (field, value) in [
        ("params", json!({ "k": 11 })),
        ("params", json!({ "metric": "haversine" })),
        ("columns", json!(["x2", "y1", "x1", "y2"])),
        ("chunks", json!(5)),
        ("kernel", json!("min_distance")),
        ("consistency", json!("snapshot")),
        ("where", json!([{ "column": "x1", "lt": 7 }])),
        ("compute", json!({ "nearest_k": { "kernel": "nearest_k" } })),
        ("group_by", json!(["x1"])),
    ] {
        let mut other = base.clone();
        other[field] = value;
        if field == "compute" {
            other.as_object_mut().unwrap().remove("kernel");
        }
        let refused = task_once(&deployment, "key", &other).await;
        assert_eq!(refused.status(), 400, "{other}");
        let why = body(&refused)["error"].as_str().unwrap().to_owned();
        assert!(why.starts_with("the Idempotency-Key belongs to another request"), "{why}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_carried_out_takes_no_key() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for wrong in [
        json!({ "kernel": "summary", "source": "lines" }),
        json!({ "kernel": "summary", "columns": ["salary"] }),
        json!({ "kernel": "nearest_k", "params": { "k": 100 }, "chunks": 6000 }),
        json!({ "kernel": "summary", "consistency": "snapshot", "chunks": 11 }),
    ] {
        assert_eq!(task_once(&deployment, "key", &wrong).await.status(), 400, "{wrong}");
    }
    let right = task_once(&deployment, "key", &json!({ "kernel": "summary" })).await;
    assert_eq!(right.status(), 200, "{}", right.body());
}

#[tokio::test]
async fn a_claim_of_a_build_that_kept_requests_as_they_were_sent_is_understood() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap();
    let request = JobRequest {
        source: None,
        ..JobRequest::try_from(SubmitRequest::read(br#"{"kernel": "nearest_k"}"#).unwrap()).unwrap()
    };
    let kernel = KernelSpec { name: "nearest_k".to_owned(), params: json!({ "k": 10.0 }) };
    let query = Query::of(Computed { kernel, columns: None });
    let now = deployment.clock.now();
    let claim = Claim {
        job_id,
        request: JobRequest { query, ..request },
        claimed_at: now,
        expires_at: now + std::time::Duration::from_secs(600),
    };
    deployment.store.claim(&IdempotencyKey::new("key").unwrap(), &claim).await.unwrap();
    let answer = task_once(&deployment, "key", &json!({ "kernel": "nearest_k" })).await;
    assert_eq!(body(&answer)["task_id"], job_id.to_string(), "{}", answer.body());
}

#[test]
fn a_claim_equals_itself_when_it_is_read_back() {
    for kernel in kernel::descriptions() {
        let odd = json!([-1.7976931348623157e308, -0.0, 5e-324, 0.1, 9007199254740993_u64, 1e23]);
        let texts = json!(["", "a\u{0}\"\\\n", "9007199254740993", true, u64::MAX, i64::MIN]);
        let bounds = json!({ "bounds": odd });
        let params = if kernel.name == "histogram" { Some(bounds) } else { kernel.example };
        let task = json!({
            "compute": { "one": { "kernel": kernel.name, "params": params } },
            "where": [{ "column": "x", "in": odd, "is": "null" }, { "column": "y", "in": texts }],
            "group_by": ["x", { "column": "at", "unit": "week", "time_zone": "UTC", "as": "week" }],
            "order_by": "rows", "descending": true, "limit": 7,
        });
        let claim = Claim {
            job_id: "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap(),
            request: SubmitRequest::read(task.to_string().as_bytes()).unwrap().try_into().unwrap(),
            claimed_at: Timestamp::from_millis(1),
            expires_at: Timestamp::from_millis(2),
        };
        assert_eq!(Claim::from_json(&claim.to_json().unwrap()).unwrap(), claim, "{task}");
    }
}

#[tokio::test]
async fn a_key_is_free_again_after_the_time_of_its_job() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let first = body(&deployment.submit_once("key", "").await);
    deployment.clock.advance(600);
    let second = body(&deployment.submit_once("key", r#"{"chunks": 3}"#).await);
    assert_eq!(second["status"], "task submitted");
    assert_ne!(second["task_id"], first["task_id"]);
}

#[tokio::test]
async fn a_request_that_met_an_error_is_carried_on_by_the_next() {
    let mut deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Planning,
        unreachable_database,
    ));
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);

    deployment.catalogue = catalogue(hundred_rows());
    deployment.queue = Box::new(DownQueue);
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);

    deployment.queue = Box::new(SharedQueue(Arc::clone(&deployment.inbox)));
    let answer = body(&deployment.submit_once("key", "").await);
    let job_id = answer["task_id"].as_str().unwrap();
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    assert_eq!(body(&deployment.result(job_id).await)["result"], "0.5");
    assert!(deployment.store.progress(job_id.parse().unwrap()).await.unwrap().queued);
}

#[tokio::test]
async fn a_request_that_is_carried_on_late_has_a_new_deadline() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.queue = Box::new(DownQueue);
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);
    deployment.clock.advance(61);
    deployment.queue = Box::new(SharedQueue(Arc::clone(&deployment.inbox)));
    let answer = body(&deployment.submit_once("key", "").await);
    let job_id = answer["task_id"].as_str().unwrap();
    assert_eq!(deployment.result(job_id).await.status(), 204);
}

#[tokio::test]
async fn a_job_is_known_no_longer_than_its_key() {
    let mut deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Planning,
        unreachable_database,
    ));
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);
    deployment.catalogue = catalogue(hundred_rows());
    deployment.clock.advance(590);
    let first = body(&deployment.submit_once("key", "").await);
    let first = first["task_id"].as_str().unwrap();
    assert_eq!(deployment.result(first).await.status(), 204);
    deployment.clock.advance(10);
    let second = body(&deployment.submit_once("key", "").await);
    assert_ne!(second["task_id"], first);
    assert_eq!(deployment.result(first).await.status(), 410, "one key names one job at a time");
}
