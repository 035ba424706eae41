//! Folding chunks.

use std::time::Duration;

use pgfold_core::{ChunkTask, Computed, Query, Store, kernel::KernelSpec};
use pgfold_tests::{
    PlannedJob, catalogue,
    doubles::{SpoiledSource, Step},
    invocation,
};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, altered, body},
    tables::{hundred_rows, missing_table, unreachable_database},
};

#[tokio::test]
async fn a_chunk_that_cannot_be_read_comes_back_until_it_can() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Beginning, unreachable_database));
    assert_eq!(deployment.deliver_for_the(1, &messages).await, ["0", "1", "2", "3"]);
    let delays = (0..4).map(|place| (format!("receipt of {place}"), 2)).collect::<Vec<_>>();
    assert_eq!(deployment.delays(), delays);
    assert_eq!(deployment.deliver_for_the(2, &messages[..1]).await, ["0"]);
    assert_eq!(deployment.delays(), [("receipt of 0".to_owned(), 8)]);
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    deployment.catalogue = catalogue(hundred_rows());
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_chunk_that_will_not_come_back_fails_its_job_with_the_reason() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Beginning, unreachable_database));
    assert_eq!(deployment.deliver_for_the(4, &messages[..1]).await, ["0"]);
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    assert_eq!(deployment.deliver_at_last(&messages[..1]).await, ["0"]);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let why = "given up after 5 attempts: postgres is unavailable";
    assert_eq!(body(&failed)["failed_chunks"], json!([{ "chunk": 0, "error": why }]));

    // Redriven from the dead-letter queue, it counts.
    deployment.catalogue = catalogue(hundred_rows());
    assert_eq!(deployment.deliver_for_the(1, &messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn an_error_that_cannot_heal_fails_the_job_at_once() {
    let mut deployment =
        MemoryDeployment::new(SpoiledSource::new(hundred_rows(), Step::Reading, missing_table));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[1..2]).await, [""; 0]);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let failed = body(&failed);
    assert_eq!(failed["status"], "something went wrong");
    assert_eq!(failed["error"], "chunk 1: table \"points\" does not exist");
    let chunks = json!([{ "chunk": 1, "error": "table \"points\" does not exist" }]);
    assert_eq!(failed["failed_chunks"], chunks);

    // Somebody mends the table and sends the chunks again.
    deployment.catalogue = catalogue(hundred_rows());
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_message_that_fits_no_job_comes_back_and_harms_none() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let good = deployment.messages();
    let altered = |field: &str, value: Value| altered(&good[0], field, value);
    let keys = |start, end| json!({ "keys": { "start": start, "end": end } });
    let bad = [
        "not JSON".to_owned(),
        String::new(),
        altered("v", json!(1)),
        altered("v", json!(ChunkTask::VERSION - 1)),
        altered("v", json!(ChunkTask::VERSION + 1)),
        altered("plan", json!("0123456789abcdef")),
        altered("chunk", json!(3)),
        altered("chunk", json!(9)),
        altered("range", keys(1, 101)),
        altered("range", keys(9, 1)),
        altered("range", json!({ "blocks": [[1, 0, null]] })),
    ];
    let back: Vec<String> = (0..bad.len()).map(|place| place.to_string()).collect();
    let mixed = [&bad[..], &good[..]].concat();
    // For the last time, too, they are no reason to fail a job.
    assert_eq!(deployment.deliver_at_last(&mixed).await, back);
    // A mapper of the next version may know it.
    assert!(deployment.delays().iter().all(|(_, seconds)| *seconds == 512));
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_query_that_this_build_does_not_know_is_left_to_mappers_that_do() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let mut later = PlannedJob::over(1, 100, 2);
    let kernel = KernelSpec { name: "mode".to_owned(), params: json!({}) };
    later.job.computation.query = Query::of(Computed { kernel, columns: None });
    deployment.store.create(&later.job, &later.plan).await.unwrap();
    let messages: Vec<String> =
        later.job.chunk_tasks(&later.plan).map(|task| task.to_json().unwrap()).collect();
    assert_eq!(deployment.deliver_for_the(1, &messages).await, ["0", "1"]);
    let delays = (0..2).map(|place| (format!("receipt of {place}"), 2)).collect::<Vec<_>>();
    assert_eq!(deployment.delays(), delays);
    let progress = deployment.store.progress(later.job.job_id).await.unwrap();
    assert_eq!((progress.done, progress.failure, progress.chunk_failed), (0, None, false));
    let said = progress.last_error.unwrap().error.to_string();
    assert_eq!(said, format!("the query of task {} does not read back", later.job.job_id));
}

#[tokio::test]
async fn of_two_mappers_on_one_chunk_the_second_is_discarded() {
    let deployment = MemoryDeployment::new(SpoiledSource::slow(hundred_rows()));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    let (one, other) =
        tokio::join!(deployment.deliver(&messages[2..3]), deployment.deliver(&messages[2..3]));
    assert_eq!((one, other), (vec![], vec![]));
    deployment.deliver(&messages[..2]).await;
    deployment.deliver(&messages[3..]).await;
    let result = body(&deployment.result(&job_id).await);
    let chunks = result["chunks"].as_array().unwrap().iter();
    let discarded: Vec<&Value> = chunks.map(|chunk| &chunk["duplicates_discarded"]).collect();
    assert_eq!(discarded, [0, 0, 1, 0]);
    assert_eq!(result["rows"], 100);
}

#[tokio::test]
async fn an_invocation_without_a_deadline_has_time() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    // As `cargo lambda watch` has it: ten minutes after 1970 began.
    let mut context = invocation();
    context.deadline = 600_000;
    assert_eq!(deployment.deliver_within(context, 1, &messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_chunk_of_a_cancelled_job_is_left_alone() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..1]).await, [""; 0]);
    assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200);
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    let progress = deployment.store.progress(job_id.parse().unwrap()).await.unwrap();
    assert_eq!(progress.done, 1);
}

#[tokio::test]
async fn a_chunk_is_given_up_while_it_is_read_when_its_job_is_cancelled() {
    let deployment = MemoryDeployment::new(SpoiledSource::endless(hundred_rows()));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    let (back, cancelled) = tokio::join!(deployment.deliver(&messages[..1]), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        deployment.job("DELETE", &job_id).await
    });
    assert_eq!((back, cancelled.status().as_u16()), (vec![], 200));
}
