//! The same request, sent more than once.

use std::sync::Arc;

use pgfold_core::Store;
use serde_json::json;

use crate::{
    deployment::{Deployment, body},
    queues::{Down, Sender},
    tables::{Spoiled, Step, catalogue, hundred_rows, unreachable_database},
};

#[tokio::test]
async fn a_key_names_one_job_however_often_it_comes() {
    let deployment = Deployment::new(hundred_rows());
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
    let deployment = Deployment::new(hundred_rows());
    let submissions = (0..8).map(|_| deployment.submit_once("key", ""));
    let answers = futures_util::future::join_all(submissions).await;
    assert!(answers.iter().all(|answer| answer.body() == answers[0].body()), "{answers:?}");
    let task_id = body(&answers[0])["task_id"].as_str().unwrap().to_owned();
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    assert_eq!(body(&deployment.result(&task_id).await)["rows"], 100);
}

#[tokio::test]
async fn a_key_is_not_for_another_request() {
    let deployment = Deployment::new(hundred_rows());
    let first = body(&deployment.submit_once("key", "").await);
    let other = deployment.submit_once("key", r#"{"chunks": 3}"#).await;
    assert_eq!(other.status(), 400);
    let task_id = first["task_id"].as_str().unwrap();
    let error = format!("the Idempotency-Key belongs to another request, of {task_id}");
    assert_eq!(body(&other), json!({ "status": "task not submitted", "error": error }));
    let empty = deployment.submit_once("", "").await;
    assert_eq!(empty.status(), 400);
    assert_eq!(body(&empty)["error"], "an Idempotency-Key has 1 to 255 characters, not 0");
}

#[tokio::test]
async fn a_key_is_free_again_after_the_time_of_its_job() {
    let deployment = Deployment::new(hundred_rows());
    let first = body(&deployment.submit_once("key", "").await);
    deployment.clock.advance(600);
    let second = body(&deployment.submit_once("key", r#"{"chunks": 3}"#).await);
    assert_eq!(second["status"], "task submitted");
    assert_ne!(second["task_id"], first["task_id"]);
}

#[tokio::test]
async fn a_request_that_met_an_error_is_carried_on_by_the_next() {
    let mut deployment = Deployment::new(Spoiled::at(Step::Planning, unreachable_database));
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);

    deployment.catalogue = catalogue(hundred_rows());
    deployment.queue = Box::new(Down);
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);

    deployment.queue = Box::new(Sender(Arc::clone(&deployment.inbox)));
    let answer = body(&deployment.submit_once("key", "").await);
    let task_id = answer["task_id"].as_str().unwrap();
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    assert_eq!(body(&deployment.result(task_id).await)["result"], "0.5");
    assert!(deployment.store.progress(task_id.parse().unwrap()).await.unwrap().queued);
}

#[tokio::test]
async fn a_request_that_is_carried_on_late_has_a_new_deadline() {
    let mut deployment = Deployment::new(hundred_rows());
    deployment.queue = Box::new(Down);
    assert_eq!(deployment.submit_once("key", "").await.status(), 503);
    deployment.clock.advance(61);
    deployment.queue = Box::new(Sender(Arc::clone(&deployment.inbox)));
    let answer = body(&deployment.submit_once("key", "").await);
    let task_id = answer["task_id"].as_str().unwrap();
    assert_eq!(deployment.result(task_id).await.status(), 204);
}

#[tokio::test]
async fn a_job_is_known_no_longer_than_its_key() {
    let mut deployment = Deployment::new(Spoiled::at(Step::Planning, unreachable_database));
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
