//! Direct invocations of submit, as schedules and workflows make them.

use std::sync::Arc;

use pgfold_core::Store;
use pgfold_tests::doubles::{DownQueue, SharedQueue, SpoiledSource, Step};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{hundred_rows, missing_table, unreachable_database},
};

/// The type and the sentence of the function error that a payload is answered with.
async fn refused(deployment: &MemoryDeployment, payload: &str) -> (String, String) {
    let error = deployment.invoke(payload, None).await.expect_err(payload);
    (error.error_type, error.error_message)
}

fn scheduled(key: &str) -> String {
    json!({ "job": { "kernel": "summary", "chunks": 2 }, "idempotency_key": key }).to_string()
}

#[tokio::test]
async fn a_job_is_answered_as_by_the_api() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let task = json!({ "kernel": "summary", "chunks": 2 });
    let direct = deployment.invoke(&json!({ "job": task }).to_string(), None).await.unwrap();
    let by_api = body(&deployment.post_task(&task).await);
    let fields = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&direct), fields(&by_api));
    assert_eq!((&direct["status"], &direct["chunks"]), (&by_api["status"], &json!(2)));

    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    let detail = deployment.detail(direct["task_id"].as_str().unwrap()).await;
    assert_eq!((&detail["state"], &detail["rows"]), (&json!("completed"), &json!(100)));
}

#[tokio::test]
async fn invocations_with_one_key_start_one_job() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let first = deployment.invoke(&scheduled("nightly 03:00"), None).await.unwrap();
    let again = deployment.invoke(&scheduled("nightly 03:00"), None).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(deployment.messages().len(), 2, "the chunks of one job");
    let next = deployment.invoke(&scheduled("nightly 04:00"), None).await.unwrap();
    assert_ne!(next["task_id"], first["task_id"]);
}

#[tokio::test]
async fn a_key_is_the_same_whoever_sends_it() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let by_api = body(&deployment.submit_once("key", r#"{"chunks": 2}"#).await);
    let job = r#"{"job": {"kernel": "min_distance", "chunks": 2}, "idempotency_key": "key"}"#;
    let direct = deployment.invoke(job, None).await.unwrap();
    assert_eq!(direct["task_id"], by_api["task_id"]);
}

#[tokio::test]
async fn a_job_has_the_trace_of_its_invocation() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let answer = deployment.invoke(&scheduled("key"), Some(trace)).await.unwrap();
    assert_eq!(answer["trace_id"], "1-5759e988-bd862e3fe1be46a994272793");
    let job_id = answer["task_id"].as_str().unwrap().parse().unwrap();
    let stored = deployment.store.progress(job_id).await.unwrap().job.trace;
    assert_eq!(stored.context, trace);
}

#[tokio::test]
async fn a_wrong_request_is_invalid_and_starts_nothing() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for (payload, sentence) in [
        (r#"{"job": {}, "jobs": {}}"#, "unknown field `jobs`, expected one of `job`, "),
        (r#"{"kernel": "summary"}"#, "unknown field `kernel`"),
        (r#"{"idempotency_key": "k"}"#, "missing field `job`"),
        (r#"{"job": {"kernel": "summary"}, "job": {}}"#, "duplicate field `job`"),
        (r#"{"job": {}, "idempotency_key": 7}"#, "invalid type: integer `7`, expected a string"),
        ("[]", "it is not an object"),
        (r#"[{"kernel": "summary"}, "k"]"#, "it is not an object"),
        ("null", "it is not an object"),
        (r#"{"requestContext": 7}"#, "API Gateway"),
        // From here on in the words of the API.
        (r#"{"job": {}}"#, "kernel must be one of "),
        (r#"{"job": {"kernel": "summary", "chunks": 0}}"#, "chunks must be a whole number"),
        (r#"{"job": {"kernel": "summary", "colour": 1}}"#, "unknown field colour; a request may"),
        (r#"{"job": {"kernel": "summary", "kernel": 1}}"#, "the field \"kernel\" is repeated"),
        (r#"{"job": "summary"}"#, "the body is not a JSON object: it is \"summary\""),
        (r#"{"job": {"kernel": "summary", "source": "no"}}"#, "there is no source \"no\""),
        (&scheduled(""), "an Idempotency-Key has 1 to 255 characters, not 0"),
    ] {
        let (error_type, why) = refused(&deployment, payload).await;
        assert_eq!(error_type, "Invalid", "{payload}: {why}");
        assert!(why.contains(sentence), "{payload}: {why}");
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn a_service_that_is_down_is_unavailable_until_the_same_request_is_carried_on() {
    let mut deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Planning,
        unreachable_database,
    ));
    let expected = ("Unavailable".to_owned(), "postgres is unavailable".to_owned());
    assert_eq!(refused(&deployment, &scheduled("key")).await, expected);

    deployment.catalogue = pgfold_tests::catalogue(hundred_rows());
    deployment.queue = Box::new(DownQueue);
    let expected = ("Unavailable".to_owned(), "sqs is unavailable".to_owned());
    assert_eq!(refused(&deployment, &scheduled("key")).await, expected);

    deployment.queue = Box::new(SharedQueue(Arc::clone(&deployment.inbox)));
    let answer = deployment.invoke(&scheduled("key"), None).await.unwrap();
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    assert_eq!(deployment.detail(answer["task_id"].as_str().unwrap()).await["state"], "completed");
}

#[tokio::test]
async fn a_deployment_that_is_wrong_is_called_failed() {
    let missing = SpoiledSource::new(hundred_rows(), Step::Planning, missing_table);
    let expected = ("Failed".to_owned(), "table \"points\" does not exist".to_owned());
    assert_eq!(refused(&MemoryDeployment::new(missing), &scheduled("key")).await, expected);
}

#[tokio::test]
async fn a_request_to_the_api_is_answered_with_a_response() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let event = |body: &str| {
        let sample = include_str!("../events/submit/task.json");
        let mut event: Value = serde_json::from_str(sample).unwrap();
        event["body"] = body.into();
        event.to_string()
    };
    let taken = deployment.invoke(&event(r#"{"kernel": "summary"}"#), None).await.unwrap();
    assert_eq!(taken["statusCode"], 200, "{taken}");
    assert_eq!(taken["headers"]["content-type"], "application/json");
    assert!(taken["body"].as_str().unwrap().contains("task submitted"), "{taken}");
    let refused = deployment.invoke(&event(r#"{"job": {}}"#), None).await.unwrap();
    assert_eq!(refused["statusCode"], 400, "{refused}");
}
