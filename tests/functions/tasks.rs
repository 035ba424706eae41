//! Jobs of any kernel: submitted, shown, refused.

use lambda_http::{Body, Request, http};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::hundred_rows,
};

fn post(path: &str, body: &str) -> Request {
    http::Request::post(path).body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_job_is_shown_from_submission_to_answer() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let request = r#"{"kernel": "bounding_box", "columns": ["x2", "y2"], "chunks": 3}"#;
    let submitted = deployment.request(post("/prod/tasks", request)).await;
    assert_eq!(submitted.status(), 200, "{}", submitted.body());
    let job_id = body(&submitted)["task_id"].as_str().unwrap().to_owned();
    let job = async || body(&deployment.job("GET", &job_id).await);
    let pending = job().await;
    assert_eq!(pending["state"], "pending");
    assert_eq!(pending["progress"], json!({ "done": 0, "total": 3 }));
    assert_eq!(
        pending["chunks"][2],
        json!({ "chunk": 2, "start": 67, "end": 101, "state": "open" })
    );
    assert!(pending.get("answer_so_far").is_none());
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..1]).await, [""; 0]);
    let begun = job().await;
    assert_eq!(begun["answer_so_far"], json!({ "box": [1.0, 0.0, 33.0, 0.0] }));
    assert_eq!((&begun["rows"], &begun["chunks"][0]["state"]), (&json!(33), &json!("done")));
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    let completed = job().await;
    assert_eq!(completed["state"], "completed");
    assert_eq!(completed["answer"], json!({ "box": [0.5, 0.0, 100.0, 0.0] }));
    assert_eq!((&completed["rows"], &completed["chunks"][2]["rows"]), (&json!(100), &json!(34)));
}

#[tokio::test]
async fn the_end_of_a_job_is_shown() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200);
    let cancelled = body(&deployment.job("GET", &job_id).await);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(cancelled["chunks"].as_array().unwrap().len(), 4);
    let unknown = deployment.job("GET", "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d").await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_task_that_cannot_run_is_refused_with_the_choices() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for (request, problem) in [
        ("", "kernel must be one of min_distance, nearest_k, summary,"),
        (r#"{"kernel": "median"}"#, "there is no kernel \"median\"; there is min_distance,"),
        (
            r#"{"kernel": "summary", "columns": ["salary"]}"#,
            "the source has no column \"salary\" to read; it has x1, y1, x2, y2",
        ),
        (
            r#"{"kernel": "summary", "columns": ["x1", "y1"]}"#,
            "columns must be 1, one for each of value, not 2",
        ),
        (r#"{"kernel": "nearest_k", "params": {"k": 0}}"#, "k must be from 1 to 100, not 0"),
        (r#"{"kernel": "summary", "params": []}"#, "parameters of summary: an object, not []"),
        (
            r#"{"kernel": "min_distance", "params": {"metric": {"euclidean": null}}}"#,
            "expected a string",
        ),
        (
            r#"{"kernel": "min_distance", "params": {"metric": "taxicab"}}"#,
            "metric must be euclidean or haversine or geodesic, not \"taxicab\"",
        ),
        (r#"{"kernel": "histogram"}"#, "missing field `bounds`"),
        (
            r#"{"kernel": "nearest_k", "params": {"k": 100}, "chunks": 6000}"#,
            "chunks must be at most 5617 for the kernel nearest_k with these parameters",
        ),
    ] {
        let refused = deployment.request(post("/tasks", request)).await;
        assert_eq!(refused.status(), 400, "{request}");
        let error = body(&refused)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(problem), "{error}");
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn a_task_of_another_kernel_has_no_least_distance() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let submitted = deployment.request(post("/tasks", r#"{"kernel": "summary"}"#)).await;
    let job_id = body(&submitted)["task_id"].as_str().unwrap().to_owned();
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    let refused = deployment.result(&job_id).await;
    assert_eq!(refused.status(), 400);
    let why = format!(
        "task {job_id} is not of the kernel min_distance; GET /tasks/{job_id} tells its answer"
    );
    assert_eq!(body(&refused), json!({ "status": "something went wrong", "error": why }));
}

#[tokio::test]
async fn kernels_describe_themselves() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let request = http::Request::get("/kernels").body(Body::Empty).unwrap();
    let described = body(&deployment.ask_jobs(request).await);
    let kernels = described["kernels"].as_array().unwrap();
    let names: Vec<&str> =
        kernels.iter().map(|kernel| kernel["kernel"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "min_distance",
            "nearest_k",
            "summary",
            "extremes",
            "histogram",
            "quantiles",
            "distinct",
            "bounding_box",
            "rows"
        ]
    );
    let needing_output = kernels.iter().filter(|kernel| kernel["needs_output"] == true);
    let needing_output: Vec<(&Value, &Value)> =
        needing_output.map(|kernel| (&kernel["kernel"], &kernel["columns"])).collect();
    assert_eq!(needing_output, [(&json!("rows"), &json!([]))]);
    assert_eq!(kernels[4]["params"]["required"], json!(["bounds"]));
    assert_eq!(
        kernels[7]["columns"],
        json!([
            { "name": "x", "type": "number" },
            { "name": "y", "type": "number" },
        ])
    );
}
