//! Jobs that read one snapshot, as long as it is held.

use std::slice;

use pgfold_adapters::memory::MemorySource;
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body, task_of},
    tables::{COLUMNS, hundred_rows, missing_table, unreachable_database},
};
use pgfold_tests::{
    catalogue,
    doubles::{DownQueue, SpoiledSource, Step},
};

const SNAPSHOT: &str = r#"{"consistency": "snapshot"}"#;

#[tokio::test]
async fn a_snapshot_is_held_until_every_mapper_reads_at_it() {
    let table = hundred_rows();
    let deployment = MemoryDeployment::new(table.clone());
    let (answer, ()) = tokio::join!(deployment.submit(SNAPSHOT), async {
        for message in deployment.messages_to_come().await {
            assert_eq!(table.held(), 1);
            assert_eq!(deployment.deliver(slice::from_ref(&message)).await, [""; 0]);
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(answer.status(), 200, "{}", answer.body());
    assert_eq!(table.held(), 0);
    let answer = body(&answer);
    let held_ms = &answer["snapshot_held_ms"];
    assert_eq!(*held_ms, deployment.clock.passed(), "it was held all the time");
    assert_eq!(answer["chunks"], 4);

    let job_id = answer["task_id"].as_str().unwrap();
    let result = body(&deployment.result(job_id).await);
    assert_eq!((&result["result"], &result["rows"]), (&json!("0.5"), &json!(100)));
    assert_eq!(result["consistency"], "snapshot");
    assert_eq!(result["consistency_reached"], "snapshot");
    assert_eq!(result["snapshot_held_ms"], *held_ms);
    let blocks = |chunk: &Value| (chunk["blocks"].clone(), chunk.get("start").cloned());
    let chunks: Vec<_> = result["chunks"].as_array().unwrap().iter().map(blocks).collect();
    let expected = [(0, Some(25)), (25, Some(50)), (50, Some(75)), (75, None)]
        .map(|(start, end)| (json!([{ "relation": 1, "start": start, "end": end }]), None));
    assert_eq!(chunks, expected);
}

#[tokio::test]
async fn a_snapshot_that_mappers_do_not_attach_to_in_time_fails_its_job() {
    for attached in [0, 3] {
        let table = hundred_rows();
        let deployment = MemoryDeployment::new(table.clone());
        let (answer, messages) = tokio::join!(deployment.submit(SNAPSHOT), async {
            let messages = deployment.messages_to_come().await;
            assert_eq!(deployment.deliver(&messages[..attached]).await, [""; 0]);
            messages
        });
        assert_eq!(answer.status(), 503);
        let why = format!(
            "attaching to the job's snapshot ({attached} of 4 chunks) took longer than 20s"
        );
        assert_eq!(body(&answer), json!({ "status": "task not submitted", "error": why }));
        assert_eq!(table.held(), 0);
        assert!(deployment.clock.passed() < 25_000, "API Gateway gives up after 30 seconds");

        // Mappers that come late have nothing to do.
        assert_eq!(deployment.deliver(&messages).await, [""; 0]);
        let failed = deployment.result(&task_of(&messages[0])).await;
        assert_eq!((failed.status().as_u16(), &body(&failed)["error"]), (500, &json!(why)));
    }
}

#[tokio::test]
async fn a_job_that_ends_is_not_waited_for() {
    let table = hundred_rows();
    let mut deployment = MemoryDeployment::new(table.clone());
    let (answer, job_id) = tokio::join!(deployment.submit(SNAPSHOT), async {
        let job_id = task_of(&deployment.messages_to_come().await[0]);
        assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200);
        job_id
    });
    assert_eq!(body(&answer)["task_id"], job_id);
    assert_eq!(deployment.result(&job_id).await.status(), 410);

    deployment.catalogue =
        catalogue(SpoiledSource::new(table.clone(), Step::Beginning, missing_table));
    let (answer, ()) = tokio::join!(deployment.submit(SNAPSHOT), async {
        let messages = deployment.messages_to_come().await;
        assert_eq!(deployment.deliver(&messages[..1]).await, [""; 0]);
    });
    let failed = deployment.result(body(&answer)["task_id"].as_str().unwrap()).await;
    assert_eq!(body(&failed)["error"], "chunk 0: table \"points\" does not exist");

    deployment.catalogue = catalogue(table.clone());
    deployment.queue = Box::new(DownQueue);
    assert_eq!(deployment.submit(SNAPSHOT).await.status(), 503);

    assert_eq!(table.held(), 0);
    assert!(deployment.clock.passed() < 1000, "{} ms", deployment.clock.passed());
}

#[tokio::test]
async fn an_empty_table_has_a_result_at_once() {
    let table = MemorySource::new::<f64>(&COLUMNS, []);
    let deployment = MemoryDeployment::new(table.clone());
    let answer = body(&deployment.submit(SNAPSHOT).await);
    assert_eq!((&answer["chunks"], &answer["snapshot_held_ms"]), (&json!(0), &json!(0)));
    assert_eq!(table.held(), 0);
    let result = body(&deployment.result(answer["task_id"].as_str().unwrap()).await);
    assert_eq!((&result["result"], &result["consistency"]), (&Value::Null, &json!("snapshot")));
}

#[tokio::test]
async fn there_are_no_more_chunks_than_mappers() {
    let table = hundred_rows();
    let deployment = MemoryDeployment::new(table.clone());
    let refused = deployment.submit(r#"{"consistency": "snapshot", "chunks": 11}"#).await;
    assert_eq!(refused.status(), 400);
    let why = body(&refused)["error"].as_str().unwrap().to_owned();
    assert!(why.contains("chunks must be at most 10, not 11"), "{why}");
    assert!(deployment.messages().is_empty());
    assert_eq!(table.held(), 0);
    let (most, ()) =
        tokio::join!(deployment.submit(r#"{"consistency": "snapshot", "chunks": 10}"#), async {
            let messages = deployment.messages_to_come().await;
            assert_eq!(deployment.deliver(&messages).await, [""; 0]);
        });
    assert_eq!(body(&most)["chunks"], 10);
}

#[tokio::test]
async fn a_chunk_that_comes_too_late_fails_its_job_when_nobody_can_be_reading_it() {
    for first_attempt in [false, true] {
        let table = hundred_rows();
        let (mut deployment, messages) = after_the_release(&table).await;
        let (job_id, late) = (task_of(&messages[0]), &messages[..1]);
        deployment.catalogue = catalogue(table);
        if first_attempt {
            // Whoever has received it for the first time has no rival.
            assert_eq!(deployment.deliver_for_the(1, late).await, [""; 0]);
        } else {
            assert_eq!(deployment.deliver(late).await, ["0"]);
            assert_eq!(deployment.result(&job_id).await.status(), 204);
            // Longer than a mapper lives.
            deployment.clock.advance(61);
            assert_eq!(deployment.deliver(late).await, [""; 0]);
        }
        let failed = deployment.result(&job_id).await;
        assert_eq!(failed.status(), 500);
        let expected = json!([{ "chunk": 0, "error": LATE }]);
        assert_eq!(body(&failed)["failed_chunks"], expected);
    }
}

#[tokio::test]
async fn a_chunk_that_comes_too_late_each_time_fails_its_job_for_good() {
    let table = hundred_rows();
    let (mut deployment, messages) = after_the_release(&table).await;
    let job_id = task_of(&messages[0]);
    deployment.catalogue = catalogue(table);
    assert_eq!(deployment.deliver_at_last(&messages[..1]).await, ["0"]);
    let failed = deployment.result(&job_id).await;
    assert_eq!(failed.status(), 500);
    let why = format!("given up after 5 attempts: {LATE}");
    assert_eq!(body(&failed)["failed_chunks"], json!([{ "chunk": 0, "error": why }]));

    let refused = deployment.job("POST", &job_id).await;
    assert_eq!(refused.status(), 409);
    let why = format!("task {job_id} cannot be taken up again: {GONE}");
    assert_eq!(body(&refused), json!({ "status": "task not retried", "error": why }));
    assert!(deployment.messages().is_empty());
}

/// A job whose mappers have all attached to its snapshot, and lost their connections then.
async fn after_the_release(table: &MemorySource) -> (MemoryDeployment, Vec<String>) {
    let lost = SpoiledSource::new(table.clone(), Step::Reading, unreachable_database);
    let deployment = MemoryDeployment::new(lost);
    let (answer, messages) = tokio::join!(deployment.submit(SNAPSHOT), async {
        let messages = deployment.messages_to_come().await;
        assert_eq!(deployment.deliver_for_the(1, &messages).await, ["0", "1", "2", "3"]);
        messages
    });
    assert_eq!((answer.status().as_u16(), table.held()), (200, 0));
    (deployment, messages)
}

const LATE: &str = "the job's snapshot memory-1 is not held any more, so this chunk cannot be read \
                    as the others were; submit the job again";

const GONE: &str = "it reads one snapshot, which cannot be had again";

#[tokio::test]
async fn a_key_names_one_job_that_reads_a_snapshot() {
    let table = hundred_rows();
    let deployment = MemoryDeployment::new(table.clone());
    let (first, second) = tokio::join!(deployment.submit_once("key", SNAPSHOT), async {
        let messages = deployment.messages_to_come().await;
        let second = deployment.submit_once("key", SNAPSHOT).await;
        assert_eq!(table.held(), 1);
        assert_eq!(deployment.deliver(&messages).await, [""; 0]);
        second
    });
    let mut first = body(&first);
    let third = deployment.submit_once("key", SNAPSHOT).await;
    assert_eq!(body(&third), first);
    assert!(deployment.messages().is_empty());
    assert_eq!(table.held(), 0);
    // It does not know yet for how long.
    first.as_object_mut().unwrap().remove("snapshot_held_ms");
    assert_eq!(body(&second), first);
}

#[tokio::test]
async fn a_key_whose_snapshot_was_lost_says_so() {
    let deployment = MemoryDeployment::new(hundred_rows());
    assert_eq!(deployment.submit_once("key", SNAPSHOT).await.status(), 503);
    let job_id = task_of(&deployment.messages()[0]);
    for _ in 0..2 {
        let again = deployment.submit_once("key", SNAPSHOT).await;
        assert_eq!(again.status(), 409);
        let why = format!("task {job_id} cannot be taken up again: {GONE}");
        assert_eq!(body(&again), json!({ "status": "task not submitted", "error": why }));
    }
    assert!(deployment.messages().is_empty());
}

#[tokio::test]
async fn a_submission_that_is_cut_off_while_it_holds_a_snapshot_is_lost() {
    let table = hundred_rows();
    let deployment = MemoryDeployment::new(table.clone());
    let messages = tokio::select! {
        biased;
        answer = deployment.submit_once("key", SNAPSHOT) => panic!("{answer:?}"),
        messages = deployment.messages_to_come() => messages,
    };
    let job_id = task_of(&messages[0]);
    assert_eq!(table.held(), 0);

    // For all that the next request knows, another may be holding it; until nobody can.
    let again = deployment.submit_once("key", SNAPSHOT).await;
    assert_eq!((again.status().as_u16(), &body(&again)["task_id"]), (200, &json!(job_id)));
    assert_eq!(deployment.result(&job_id).await.status(), 204);
    deployment.clock.advance(25);
    assert_eq!(deployment.submit_once("key", SNAPSHOT).await.status(), 409);
    let failed = deployment.result(&job_id).await;
    let why = "its submission was cut off before every chunk was attached to its snapshot; submit \
               the job again";
    assert_eq!((failed.status().as_u16(), &body(&failed)["error"]), (500, &json!(why)));
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
}
