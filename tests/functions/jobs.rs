//! Cancelling jobs and sending their chunks again, and the health check.

use lambda_http::{Body, Request, http};
use serde_json::json;

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::hundred_rows,
};
use pgfold_tests::doubles::DownQueue;

const UNKNOWN: &str = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";

#[tokio::test]
async fn the_health_check_says_hello_below_any_path() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for path in ["/", "/prod/", "/prod", "/?nocache=1"] {
        let ask = |method: &str| -> Request {
            http::Request::builder().method(method).uri(path).body(Body::Empty).unwrap()
        };
        let said = deployment.ask_jobs(ask("GET")).await;
        assert_eq!((said.status().as_u16(), &**said.body()), (200, "Hello, World!\n"), "{path}");
        let head = deployment.ask_jobs(ask("HEAD")).await;
        assert_eq!((head.status().as_u16(), &**head.body()), (200, ""), "{path}");
        assert_eq!(head.headers(), said.headers());
        assert_eq!(head.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(said.headers()["x-pgfold-version"], env!("CARGO_PKG_VERSION"));
    }
}

#[tokio::test]
async fn the_head_of_the_dashboard_has_its_headers_and_no_page() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let ask = |method: &str| -> Request {
        http::Request::builder().method(method).uri("/dashboard").body(Body::Empty).unwrap()
    };
    let (page, head) =
        (deployment.ask_jobs(ask("GET")).await, deployment.ask_jobs(ask("HEAD")).await);
    assert_eq!(
        (head.status(), head.headers(), &**head.body()),
        (page.status(), page.headers(), "")
    );
}

#[tokio::test]
async fn a_cancelled_job_is_gone_for_good() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..3]).await, [""; 0]);
    for _ in 0..2 {
        let cancelled = deployment.job("DELETE", &job_id).await;
        assert_eq!(cancelled.status(), 200);
        assert_eq!(body(&cancelled), json!({ "status": "task cancelled", "task_id": job_id }));
    }
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    let gone = deployment.result(&job_id).await;
    assert_eq!(gone.status(), 410);
    assert_eq!(body(&gone)["error"], "the task was cancelled");

    let refused = deployment.job("POST", &job_id).await;
    assert_eq!(refused.status(), 409);
    let why = format!("task {job_id} cannot be taken up again: the job was cancelled");
    assert_eq!(body(&refused), json!({ "status": "task not retried", "error": why }));
}

#[tokio::test]
async fn a_completed_job_is_neither_cancelled_nor_retried() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    for (method, status) in [("DELETE", "task not cancelled"), ("POST", "task not retried")] {
        let refused = deployment.job(method, &job_id).await;
        assert_eq!(refused.status(), 409);
        let error = format!("task {job_id} is already completed");
        assert_eq!(body(&refused), json!({ "status": status, "error": error }));
    }
    assert_eq!(deployment.result(&job_id).await.status(), 200);
}

#[tokio::test]
async fn missing_chunks_are_sent_again_and_no_others() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[1..2]).await, [""; 0]);
    deployment.clock.advance(61);
    assert_eq!(deployment.result(&job_id).await.status(), 500);
    assert_eq!(body(&deployment.job("POST", &job_id).await)["chunks"], 3);
    deployment.clock.advance(59);
    assert_eq!(deployment.result(&job_id).await.status(), 204, "it has a new deadline");
    let again = deployment.messages();
    assert_eq!(again, [&messages[..1], &messages[2..]].concat());
    assert_eq!(deployment.deliver(&again).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn ids_that_name_no_job_are_told_apart() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for method in ["DELETE", "POST"] {
        assert_eq!(deployment.job(method, "7").await.status(), 400);
        assert_eq!(deployment.job(method, UNKNOWN).await.status(), 404);
    }
}

#[tokio::test]
async fn a_retry_that_cannot_be_queued_leaves_a_job_that_has_failed() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    deployment.clock.advance(61);
    deployment.queue = Box::new(DownQueue);
    assert_eq!(deployment.job("POST", &job_id).await.status(), 503);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let error = "the chunks could not be queued: sqs is unavailable";
    assert_eq!(body(&failed)["error"], error);
}

#[tokio::test]
async fn an_expired_job_is_neither_cancelled_nor_retried() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    deployment.clock.advance(600);
    for method in ["DELETE", "POST"] {
        assert_eq!(deployment.job(method, &job_id).await.status(), 409);
    }
    assert_eq!(deployment.result(&job_id).await.status(), 410);
}
