//! Telling results.

use std::time::Duration;

use pgfold_adapters::memory::MemorySource;
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{COLUMNS, hundred_rows},
};

#[tokio::test]
async fn a_job_runs_from_submission_to_result() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let response = deployment.submit(r#"{"chunks": 4}"#).await;
    assert_eq!(response.status(), 200);
    let submitted = body(&response);
    assert_eq!(submitted["status"], "task submitted");
    assert_eq!(submitted["chunks"], 4);
    let job_id = submitted["task_id"].as_str().unwrap();
    assert!(job_id.starts_with("agg_"), "{job_id}");

    // The last chunk first, and each message three times, as a queue may.
    let mut messages = deployment.messages();
    messages.reverse();
    for (done, message) in messages.iter().enumerate() {
        let pending = deployment.result(job_id).await;
        assert_eq!((pending.status().as_u16(), &**pending.body()), (204, ""));
        assert_eq!(pending.headers()["x-chunks-done"], format!("{done}/4"));
        assert_eq!(pending.headers()["retry-after"], "1");
        let thrice = [message.clone(), message.clone(), message.clone()];
        assert_eq!(deployment.deliver(&thrice).await, [""; 0]);
    }

    let response = deployment.result(job_id).await;
    assert_eq!(response.status(), 200);
    let result = body(&response);
    assert_eq!(result["status"], "task completed");
    assert_eq!(result["result"], "0.5");
    assert_eq!(result["distance"], 0.5);
    assert_eq!(result["pair"], json!({"id": 42, "x1": 0.0, "y1": 0.0, "x2": 0.5, "y2": 0.0}));
    assert_eq!((&result["rows"], &result["skipped"]), (&json!(100), &json!(0)));
    assert_eq!(result["consistency"], "per-chunk");
    assert_eq!(result["consistency_reached"], "snapshot", "nothing was written meanwhile");
    assert_eq!(result["estimated_rows"], 100);
    assert_eq!(result.get("snapshot_held_ms"), None);
    assert!(result["cost_usd"].as_f64().unwrap() > 0.0);
    let chunks = result["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), 4);
    assert_eq!((&chunks[0]["start"], &chunks[3]["end"]), (&json!(1), &json!(101)));
    assert!(chunks.iter().all(|chunk| chunk["attempts"] == 2), "{chunks:?}");
    assert!(chunks.iter().all(|chunk| chunk["duplicates_discarded"] == 2), "{chunks:?}");
    assert!(chunks.iter().all(|chunk| chunk["queue_ms"] == 250), "{chunks:?}");
    assert_eq!((&result["map_ms"], &result["balance"]), (&json!(0), &json!(1.04)));
    let rows: u64 = chunks.iter().map(|chunk| chunk["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 100);

    // Reading a result does not consume it.
    assert_eq!(deployment.result(job_id).await.body(), response.body());
}

#[tokio::test]
async fn a_caller_that_prefers_to_wait_is_answered_when_the_job_ends() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    let (answer, ()) =
        tokio::join!(deployment.result_preferring("respond-async, wait=20", &job_id), async {
            for message in messages {
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert_eq!(deployment.deliver(&[message]).await, [""; 0]);
            }
        });
    assert_eq!(body(&answer)["result"], "0.5");

    let job_id = deployment.submitted().await;
    for impatient in ["wait=0", "wait=-1", "wait=soon", "handling=strict"] {
        let pending = deployment.result_preferring(impatient, &job_id).await;
        assert_eq!(pending.status(), 204, "{impatient}");
    }
    assert_eq!(deployment.result_preferring("wait=1", &job_id).await.status(), 204);
}

#[tokio::test]
async fn an_empty_table_has_a_result_at_once() {
    let deployment = MemoryDeployment::new(MemorySource::new::<f64>(&COLUMNS, []));
    let job_id = deployment.submitted().await;
    assert!(deployment.messages().is_empty());
    let result = body(&deployment.result(&job_id).await);
    assert_eq!(result["status"], "task completed");
    assert_eq!((&result["result"], &result["pair"]), (&Value::Null, &Value::Null));
    assert_eq!((&result["rows"], &result["chunks"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn ids_that_name_no_job_are_told_apart() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for bad in ["", "agg_7", "7", "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d'--"] {
        let response = deployment.result(bad).await;
        assert_eq!(response.status(), 400, "{bad:?}");
        assert!(body(&response)["error"].as_str().unwrap().contains("is not a task id"));
    }
    let unknown = deployment.result("agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d").await;
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn a_job_ends_at_its_deadline_and_is_forgotten_after_its_time() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver(&messages[..3]).await, [""; 0]);
    deployment.clock.advance(60);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    assert_eq!(body(&failed)["failed_chunks"][0]["chunk"], 3);

    // Late, but it counts.
    assert_eq!(deployment.deliver(&messages[3..]).await, [""; 0]);
    assert_eq!(deployment.result(&job_id).await.status(), 200);
    deployment.clock.advance(540);
    assert_eq!(deployment.result(&job_id).await.status(), 410);
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
}
