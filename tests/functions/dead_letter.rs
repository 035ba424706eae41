//! Telling jobs of dead letters.

use pgfold_adapters::memory::MemoryStore;
use serde_json::json;

use crate::functions::{
    deployment::{MemoryDeployment, altered, body},
    tables::{hundred_rows, unreachable_database},
};
use pgfold_core::Error;
use pgfold_tests::doubles::{RefusingStore, SpoiledSource, Step};

const NO_WORD: &str = "given up: no mapper that received it could store why; they were killed, ran \
                       out of memory or time, or did not reach the store";

#[tokio::test]
async fn a_dead_letter_fails_its_job_with_the_chunk_and_the_reason() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..3]).await, [""; 0]);
    assert_eq!(deployment.bury(&messages[3..]).await, [""; 0]);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let failed = body(&failed);
    assert_eq!(failed["error"], format!("chunk 3: {NO_WORD}"));
    assert_eq!(failed["failed_chunks"], json!([{ "chunk": 3, "error": NO_WORD }]));

    // Sent again, it completes the job.
    let retried = body(&deployment.job("POST", &job_id).await);
    assert_eq!((&retried["status"], &retried["chunks"]), (&json!("task submitted"), &json!(1)));
    assert_eq!(retried["task_id"], job_id);
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    let again = deployment.messages();
    assert_eq!(again, messages[3..]);
    assert_eq!(deployment.deliver(&again).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn what_the_last_mapper_said_stays() {
    let deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Beginning,
        unreachable_database,
    ));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver_at_last(&messages[..1]).await, ["0"]);
    assert_eq!(deployment.bury(&messages[..1]).await, [""; 0]);
    let failed = body(&deployment.result(&job_id).await);
    assert_eq!(failed["error"], "chunk 0: given up after 5 attempts: postgres is unavailable");
}

#[tokio::test]
async fn a_dead_letter_of_a_chunk_that_is_done_fails_nothing() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(deployment.bury(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn poison_comes_back_at_once_and_fails_nothing() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    let strange = altered(&messages[0], "plan", json!("0123456789abcdef"));
    let poison = ["not JSON".to_owned(), r#"{"v":1}"#.to_owned(), strange];
    assert_eq!(deployment.bury(&poison).await, ["0", "1", "2"]);
    assert!(deployment.delays().iter().all(|(_, seconds)| *seconds == 0));
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(body(&deployment.result(&job_id).await)["result"], "0.5");
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_stored_comes_back_later() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    let messages = deployment.messages();
    let errors: [fn() -> Error; 2] = [
        || Error::Misconfigured("the role may not dynamodb:UpdateItem".to_owned()),
        || Error::unavailable("dynamodb", "connection refused"),
    ];
    for error in errors {
        deployment.refusing = Some(RefusingStore(error));
        assert_eq!(deployment.bury(&messages[..1]).await, ["0"]);
        let delays = deployment.delays();
        assert!(delays.iter().all(|(_, seconds)| *seconds > 0) && delays.len() == 1, "{delays:?}");
    }
}

#[tokio::test]
async fn messages_of_an_expired_job_are_done_with() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    let messages = deployment.messages();
    deployment.clock.advance(600);
    // Stores forget such a job.
    deployment.store = MemoryStore::default();
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    assert_eq!(deployment.bury(&messages).await, [""; 0]);
}
