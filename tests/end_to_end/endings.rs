//! Jobs that end otherwise: cancelled, given up, with messages lost or poisoned.

use std::time::{Duration, Instant, SystemTime};

use aws_sdk_sqs::Client;
use pgfold_adapters::{SqsQueue, config::StoreConfig, open_store, sdk_config};
use pgfold_core::{ChunkTask, JobPolicy, Queue, Store};
use pgfold_tests::{PlannedJob, local_cloud};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::end_to_end::deployment::{Deployment, distance};

pub(crate) async fn store() -> Box<dyn Store> {
    open_store(StoreConfig::from_env().unwrap(), &sdk_config().await)
}

/// A job of four chunks over the million rows, before any message of it is sent.
pub(crate) async fn unsent_job(deadline: Duration) -> (PlannedJob, Vec<ChunkTask>) {
    let policy = JobPolicy { deadline, ttl: Duration::from_secs(600) };
    let planned = PlannedJob::with_policy(1, 1_000_000, 4, policy);
    store().await.create(&planned.job, &planned.plan).await.unwrap();
    let messages = planned.job.chunk_tasks(&planned.plan).collect();
    (planned, messages)
}

pub(crate) async fn send(queue: &str, messages: &[ChunkTask]) {
    SqsQueue::new(&sdk_config().await, local_cloud(queue)).send(messages).await.unwrap();
}

#[tokio::test]
async fn messages_that_come_three_times_and_in_any_order_count_once() {
    let deployment = Deployment::with_million_rows().await;
    let (planned, mut messages) = unsent_job(Duration::from_secs(60)).await;
    messages.reverse();
    let thrice = [&messages[..], &messages, &messages].concat();
    // A batch may not name a chunk twice.
    for message in thrice {
        send("CHUNKS_QUEUE_URL", &[message]).await;
    }
    let (status, result) = deployment.wait(&planned.job.job_id.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{result}");
    assert_eq!(distance(&result), deployment.minimum().await.unwrap());
    assert_eq!(result["rows"], 1_000_000);

    // The result counts each of the other eight, once it has come.
    let deadline = Instant::now() + Duration::from_secs(60);
    let job_id = planned.job.job_id.to_string();
    loop {
        let (_, result) = deployment.wait(&job_id).await;
        let chunks = result["chunks"].as_array().unwrap();
        let discarded = chunks.iter().map(|chunk| chunk["duplicates_discarded"].as_u64().unwrap());
        if discarded.sum::<u64>() == 8 {
            return;
        }
        assert!(Instant::now() < deadline, "{result}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_lost_message_fails_its_job_at_the_deadline_until_it_is_sent_again() {
    let deployment = Deployment::with_million_rows().await;
    let (planned, messages) = unsent_job(Duration::from_secs(3)).await;
    let job_id = planned.job.job_id.to_string();
    send("CHUNKS_QUEUE_URL", &messages[..3]).await;
    let (status, failed) = deployment.wait(&job_id).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{failed}");
    assert_eq!(failed["failed_chunks"][0]["chunk"], 3);

    let (status, retried) = deployment.act(Method::POST, &job_id, "/retry").await;
    assert_eq!((status, &retried["chunks"]), (StatusCode::OK, &json!(1)), "{retried}");
    completes(&deployment, &job_id).await;
}

pub(crate) async fn completes(deployment: &Deployment, job_id: &str) {
    let (status, result) = deployment.wait(job_id).await;
    assert_eq!(status, StatusCode::OK, "{result}");
    assert_eq!(distance(&result), deployment.minimum().await.unwrap());
}

#[tokio::test]
async fn poison_is_put_aside_and_harms_no_job() {
    let deployment = Deployment::with_million_rows().await;
    let sqs = Client::new(&sdk_config().await);
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let mark = since_epoch.as_nanos();
    // Of a job that the store does not know: nobody waits for it, so it is no poison.
    let forgotten = PlannedJob::new(1);
    let forgotten = forgotten.job.chunk_tasks(&forgotten.plan).next().unwrap().to_json().unwrap();
    let poison = [format!("poison {mark}"), format!(r#"{{"v":2,"mark":"{mark}"}}"#)];
    for body in poison.iter().chain([&forgotten]) {
        let send = sqs.send_message().queue_url(local_cloud("CHUNKS_QUEUE_URL"));
        send.message_body(body).send().await.unwrap();
    }
    let result = deployment.run(json!({})).await;
    assert_eq!(distance(&result), deployment.minimum().await.unwrap());

    let mut waiting = poison.to_vec();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !waiting.is_empty() {
        assert!(Instant::now() < deadline, "not put aside: {waiting:?}");
        let receive = sqs.receive_message().queue_url(local_cloud("POISON_QUEUE_URL"));
        let received = receive.max_number_of_messages(10).wait_time_seconds(1).send().await;
        for message in received.unwrap().messages.unwrap_or_default() {
            assert_ne!(message.body(), Some(forgotten.as_str()));
            waiting.retain(|body| Some(body.as_str()) != message.body());
        }
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_cancelled() {
    let deployment = Deployment::with_million_rows().await;
    let job_id = deployment.submit(json!({})).await;
    deployment.wait(&job_id).await;
    let unknown = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";
    for (job_id, status) in [
        (&*job_id, StatusCode::CONFLICT),
        (unknown, StatusCode::NOT_FOUND),
        ("42", StatusCode::BAD_REQUEST),
    ] {
        for (method, on) in [(Method::DELETE, ""), (Method::POST, "/retry")] {
            let (answered, body): (_, Value) = deployment.act(method, job_id, on).await;
            assert_eq!(answered, status, "{body}");
            assert!(body["error"].as_str().unwrap().contains(job_id), "{body}");
        }
    }
}
