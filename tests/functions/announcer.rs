//! Announcing how jobs ended.

use std::{collections::BTreeSet, time::Duration};

use pgfold_adapters::memory::MemorySource;
use pgfold_api::JobEnded;
use pgfold_core::{Ending, Error, Event, Outcome, Reminder, Reminders, TaskToken};
use pgfold_tests::doubles::RefusingStore;
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, altered, body},
    tables::{COLUMNS, hundred_rows},
};

/// The details of the announced events, each checked against the schema.
fn announced(deployment: &MemoryDeployment) -> Vec<Value> {
    let schema = jsonschema::draft202012::new(&JobEnded::schema()).unwrap();
    let detail = |event: Event| {
        let detail: Value = serde_json::from_str(&event.detail).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(&detail).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{detail}");
        assert_eq!(
            (&detail["event_id"], &detail["state"]),
            (&json!(event.id), &json!(event.ending))
        );
        assert!(event.detail.len() <= Event::MOST_BYTES);
        detail
    };
    deployment.events.announced().into_iter().map(detail).collect()
}

/// The states of the events, in their order.
fn states(deployment: &MemoryDeployment) -> Vec<String> {
    announced(deployment).iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_schema_in_the_docs_is_that_of_the_events() {
    let kept: Value =
        serde_json::from_str(include_str!("../../docs/job-ended.schema.json")).unwrap();
    assert_eq!(kept, JobEnded::schema(), "`make openapi` renews it");
}

#[tokio::test]
async fn a_completed_job_is_announced_once_with_its_answer() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..3]).await, [""; 0]);
    // Its watch goes on.
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(states(&deployment), [""; 0]);
    assert_eq!(deployment.deliver(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    let [event] = &announced(&deployment)[..] else { panic!("not one event") };
    assert_eq!(event["event_id"], format!("{job_id}:completed"));
    assert_eq!((&event["deployment"], &event["task_id"]), (&json!("test"), &json!(job_id)));
    assert_eq!(event["answer"]["distance"], 0.5);
    assert_eq!((&event["job"]["rows"], &event["job"]["state"]), (&json!(100), &json!("completed")));
    assert_eq!(event["job"]["kernel"], "min_distance");

    // A redelivery reminds once more, and no event follows.
    assert_eq!(deployment.deliver(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(deployment.reminders.take(), [], "the watch is over");
    assert_eq!(states(&deployment), ["completed"]);
    let said = &deployment.detail(&job_id).await["announced"];
    assert_eq!(said["event_id"], event["event_id"]);
    assert_eq!((&said["state"], &said["at"]), (&json!("completed"), &event["at"]));
}

#[tokio::test]
async fn a_job_that_fails_and_completes_after_a_retry_is_announced_twice() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..3]).await, [""; 0]);
    assert_eq!(deployment.bury(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    let error = announced(&deployment)[0]["job"]["error"].clone();
    assert!(error.as_str().unwrap().starts_with("chunk 3: given up"), "{error}");

    deployment.clock.advance(1);
    assert_eq!(deployment.job("POST", &job_id).await.status(), 200);
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(deployment.bury(&deployment.messages()).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(deployment.deliver(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(states(&deployment), ["failed", "failed", "completed"]);
    let ids: BTreeSet<String> =
        deployment.events.announced().into_iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[tokio::test]
async fn a_cancelled_job_is_announced_even_if_its_request_dies() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200);
    // The first reminder was sent before the job was cancelled, for when the request is over.
    let mut sent = deployment.reminders.take();
    let delays: Vec<u64> =
        sent.iter().map(|(delay, _)| delay.as_secs_f64().ceil() as u64).collect();
    assert_eq!(delays[1..], [30, 0], "{sent:?}");
    let (_, last) = sent.swap_remove(1);
    deployment.reminders.send(&last, Duration::ZERO).await.unwrap();
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(states(&deployment), ["cancelled"]);
}

#[tokio::test]
async fn a_job_that_is_late_is_ended_at_its_deadline() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..2]).await, [""; 0]);
    deployment.clock.advance(59);
    assert_eq!(deployment.remind().await, [""; 0]);
    let next = deployment.reminders.take();
    assert!(next.iter().all(|(delay, _)| *delay <= Duration::from_secs(1)), "{next:?}");
    for (_, reminder) in next {
        deployment.reminders.send(&reminder, Duration::ZERO).await.unwrap();
    }
    deployment.clock.advance(1);
    assert_eq!(deployment.remind().await, [""; 0]);
    let [event] = &announced(&deployment)[..] else { panic!("not one event") };
    let late = "2 of 4 chunks not done by the job's deadline: 2, 3";
    assert_eq!((&event["state"], &event["job"]["error"]), (&json!("failed"), &json!(late)));
    // For whoever asks, too, and with the chunks.
    let failed = body(&deployment.result(&job_id).await);
    assert_eq!((&failed["error"], &failed["failed_chunks"][1]["chunk"]), (&json!(late), &json!(3)));
    // Its mappers do nothing more.
    assert_eq!(deployment.deliver(&messages[2..]).await, [""; 0]);
    assert_eq!(deployment.detail(&job_id).await["progress"], json!({ "done": 2, "total": 4 }));
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(states(&deployment), ["failed"]);
}

#[tokio::test]
async fn a_job_of_an_empty_table_is_announced() {
    let deployment = MemoryDeployment::new(MemorySource::new::<Option<f64>>(&COLUMNS, []));
    deployment.submitted().await;
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(states(&deployment), ["completed"]);
}

#[tokio::test]
async fn files_are_announced_by_their_manifest() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let task = json!({
        "kernel": "min_distance", "chunks": 4, "output": { "format": "jsonl" }
    });
    let (job_id, messages) = deployment.started(&task).await;
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(deployment.reduce(&deployment.reductions()).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    let event = &announced(&deployment)[0];
    let manifest = event["manifest"].as_str().unwrap().strip_prefix("s3://bucket/").unwrap();
    assert!(deployment.objects.names().iter().any(|name| name.as_str() == manifest), "{event}");
    assert!(manifest.contains(&job_id) && event["answer"].is_null(), "{event}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_left_out() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let nearest = json!({ "kernel": "nearest_k", "params": { "k": 100 } });
    let task = json!({ "compute": { "a": nearest, "b": nearest, "c": nearest }, "chunks": 4 });
    let (job_id, messages) = deployment.started(&task).await;
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    let event = &announced(&deployment)[0];
    assert!(event["answer"].is_null() && !event["job"].is_null(), "{event}");
    let why = format!("it is too long for an event; GET /tasks/{job_id} has it");
    assert_eq!(event["answer_left_out"], why);
}

fn not_found() -> Error {
    Error::NotFound("agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap())
}

#[tokio::test]
async fn a_job_that_its_store_has_deleted_has_expired_if_it_was_seen_before() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let unseen = deployment.reminders.take();
    for (_, reminder) in &unseen {
        deployment.reminders.send(reminder, Duration::ZERO).await.unwrap();
    }
    assert_eq!(deployment.remind().await, [""; 0]);
    let seen = deployment.reminders.take();
    deployment.clock.advance(600);
    let id = job_id.parse().unwrap();
    deployment.refusing = Some(RefusingStore(not_found));
    let deliver = async |reminders: &[(Duration, Reminder)]| {
        for (_, reminder) in reminders {
            deployment.reminders.send(reminder, Duration::ZERO).await.unwrap();
        }
        assert_eq!(deployment.remind().await, [""; 0]);
    };
    // Its submission may still be at work, and then no more.
    deliver(&unseen).await;
    assert_eq!(deployment.reminders.take().len(), 1);
    deployment.clock.advance(600);
    deliver(&unseen).await;
    assert_eq!((deployment.reminders.take(), states(&deployment)), (Vec::new(), Vec::new()));
    deliver(&seen).await;
    let [event] = &announced(&deployment)[..] else { panic!("not one event") };
    assert_eq!(event["event_id"], Ending::Expired.first_event_id(id));
    assert!(event["job"].is_null(), "{event}");
}

#[tokio::test]
async fn a_reminder_comes_back_if_it_cannot_be_read_or_its_job_cannot() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    let (_, reminder) = deployment.reminders.take().remove(0);
    let json = reminder.to_json().unwrap();
    for (body, problem) in [
        (altered(&json, "v", json!(2)), "another version"),
        ("s3cret".to_owned(), "unreadable reminder: Syntax error at column 1"),
    ] {
        let error = Reminder::from_json(&body).unwrap_err().to_string();
        assert!(error.contains(problem) || problem == "another version", "{error}");
    }
    deployment.refusing = Some(RefusingStore(|| Error::unavailable("store", "down")));
    deployment.reminders.send(&reminder, Duration::ZERO).await.unwrap();
    assert_eq!(deployment.remind().await, ["0"]);
}

/// A job of four chunks that a workflow waits for: its id and its messages.
async fn waited_for(deployment: &MemoryDeployment, token: &str) -> (String, Vec<String>) {
    let invocation = json!({
        "job": { "kernel": "min_distance" }, "idempotency_key": "execution", "task_token": token
    });
    let answer = deployment.invoke(&invocation.to_string(), None).await.unwrap();
    (answer["task_id"].as_str().unwrap().to_owned(), deployment.messages())
}

#[tokio::test]
async fn a_workflow_hears_that_chunks_are_recorded_and_then_the_answer() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let (job_id, messages) = waited_for(&deployment, "t").await;
    let heard = || deployment.workflows.heard(&TaskToken::new("t").unwrap());
    // Nothing yet, then two chunks, then nothing more.
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(heard(), []);
    assert_eq!(deployment.deliver(&messages[..2]).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    assert_eq!(heard(), [None]);
    assert_eq!(deployment.deliver(&messages[2..]).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    let [None, Some(Outcome::Done { output })] = &heard()[..] else { panic!("{:?}", heard()) };
    let output: Value = serde_json::from_str(output).unwrap();
    assert_eq!((&output["task_id"], &output["answer"]["distance"]), (&json!(job_id), &json!(0.5)));
    assert_eq!(output, announced(&deployment)[0]);
    // The token is a secret of the workflow's.
    assert!(!deployment.detail(&job_id).await.to_string().contains("token"));
}

#[tokio::test]
async fn a_workflow_hears_why_its_job_has_no_answer() {
    for (end, error, cause) in [
        ("cancel", "pgfold.Cancelled", "was cancelled"),
        ("give up", "pgfold.Failed", "failed: chunk 0: given up"),
        ("wait", "pgfold.Failed", "failed: 4 of 4 chunks not done by the job's deadline: 0, 1"),
    ] {
        let deployment = MemoryDeployment::new(hundred_rows());
        let (job_id, messages) = waited_for(&deployment, "t").await;
        match end {
            "cancel" => assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200),
            "give up" => assert_eq!(deployment.bury(&messages[..1]).await, [""; 0]),
            _ => deployment.clock.advance(60),
        }
        assert_eq!(deployment.remind().await, [""; 0]);
        let heard = deployment.workflows.heard(&TaskToken::new("t").unwrap());
        let [Some(Outcome::Failed { error: said, cause: why })] = &heard[..] else {
            panic!("{heard:?}")
        };
        assert_eq!(*said, error);
        assert!(why.starts_with(&format!("task {job_id} {cause}")), "{why}");
    }
}

#[tokio::test]
async fn a_repeated_submission_with_another_token_is_answered_too() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let (first, messages) = waited_for(&deployment, "t").await;
    let (again, none) = waited_for(&deployment, "u").await;
    assert_eq!((&first, none.len()), (&again, 0));
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(deployment.remind().await, [""; 0]);
    // Also after the job has ended.
    waited_for(&deployment, "v").await;
    assert_eq!(deployment.remind().await, [""; 0]);
    for token in ["t", "u", "v"] {
        let heard = deployment.workflows.heard(&TaskToken::new(token).unwrap());
        assert!(matches!(heard[..], [Some(Outcome::Done { .. })]), "{token}: {heard:?}");
    }
    assert_eq!(states(&deployment), ["completed"]);
}

#[tokio::test]
async fn a_token_that_nobody_would_answer_is_refused() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.answers_workflows = false;
    for (key, problem) in [(json!("k"), "no StateMachineArn"), (Value::Null, "no StateMachineArn")]
    {
        let job = json!({ "kernel": "min_distance" });
        let invocation = json!({ "job": job, "idempotency_key": key, "task_token": "t" });
        let refused = deployment.invoke(&invocation.to_string(), None).await.unwrap_err();
        assert_eq!(refused.error_type, "Invalid");
        assert!(refused.error_message.contains(problem), "{}", refused.error_message);
    }
    assert_eq!(deployment.messages(), [""; 0]);
}
