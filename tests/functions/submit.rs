//! Submitting jobs.

use serde_json::json;

use pgfold_core::{Execution, Store};

use crate::functions::{
    deployment::{MemoryDeployment, body, task_of},
    tables::{hundred_rows, missing_table, unreachable_database},
};
use pgfold_tests::doubles::{HalfDownQueue, SharedQueue, SpoiledSource, Step};

#[tokio::test]
async fn a_bad_request_is_refused_and_starts_nothing() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for bad in ["nonsense", "[]", r#"{"chunks":0}"#, r#"{"metric":"taxicab"}"#, r#"{"x":1}"#] {
        let response = deployment.submit(bad).await;
        assert_eq!(response.status(), 400, "{bad}");
        let body = body(&response);
        assert_eq!(body["status"], "task not submitted");
        assert!(body["error"].as_str().unwrap().len() > 20, "{body}");
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn only_what_a_database_can_do_is_pushed_down_to_it() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let refused = deployment.submit(r#"{"execution": "pushdown", "metric": "geodesic"}"#).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(
        body(&refused)["error"],
        "execution \"pushdown\" is for kernels that a database can do most of, and min_distance \
         with the parameters {\"metric\":\"geodesic\"} is not one of them"
    );
    assert!(deployment.messages().is_empty());
    // A table that cannot measure is read all the same, and the job says what was asked for.
    let taken = deployment.submit(r#"{"execution": "pushdown"}"#).await;
    assert_eq!(taken.status(), 200);
    let job_id = body(&taken)["task_id"].as_str().unwrap().parse().unwrap();
    let job = deployment.store.progress(job_id).await.unwrap().job;
    assert_eq!(job.computation.execution, Execution::Pushdown);
}

#[tokio::test]
async fn a_database_that_is_down_is_reported_and_leaves_no_job() {
    let deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Planning,
        unreachable_database,
    ));
    let response = deployment.submit("").await;
    assert_eq!(response.status(), 503);
    let expected = json!({
        "status": "task not submitted",
        "error": "postgres is unavailable",
    });
    assert_eq!(body(&response), expected);
}

#[tokio::test]
async fn a_table_that_is_missing_is_not_called_a_passing_fault() {
    let missing = SpoiledSource::new(hundred_rows(), Step::Planning, missing_table);
    let response = MemoryDeployment::new(missing).submit("").await;
    assert_eq!(response.status(), 500);
    assert_eq!(body(&response)["error"], "table \"points\" does not exist");
}

#[tokio::test]
async fn a_job_that_could_not_be_queued_has_failed() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.queue = Box::new(HalfDownQueue(deployment.inbox.clone()));
    let response = deployment.submit("").await;
    assert_eq!(response.status(), 503);
    assert_eq!(body(&response)["error"], "sqs is unavailable");

    // The messages that did go out are acknowledged; they cannot complete the job.
    let messages = deployment.messages();
    let job_id = task_of(&messages[0]);
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let reason = body(&failed)["error"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("the chunks could not be queued"), "{reason}");

    deployment.queue = Box::new(SharedQueue(deployment.inbox.clone()));
    assert_eq!(body(&deployment.job("POST", &job_id).await)["chunks"], 4);
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}
