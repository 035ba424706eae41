//! Partials that are too large for a record.

use pgfold_adapters::memory::MemorySource;
use serde_json::json;

use super::deployment::MemoryDeployment;

/// Four thousand rows of so many orders of magnitude that a quarter of them has a partial of
/// `quantiles` of more than a kilobyte, which is more than the room in a record.
fn deployment() -> MemoryDeployment {
    let row = |id: i64| (id, vec![Some(10_f64.powf((id - 2000) as f64 / 10.0))]);
    let source = MemorySource::new(&["x"], (1..=4000).map(row));
    let mut deployment = MemoryDeployment::new(source);
    deployment.room = 1000;
    deployment
}

/// Submits a job of `quantiles` in four chunks, and returns its id and its messages.
async fn submitted(deployment: &MemoryDeployment) -> (String, Vec<String>) {
    let task = json!({ "kernel": "quantiles", "columns": ["x"], "chunks": 4 });
    deployment.started(&task).await
}

#[tokio::test]
async fn the_answer_is_the_same_as_from_records() {
    let mut answers = Vec::new();
    for (room, objects) in [(None, 4), (Some(u64::MAX), 0)] {
        let mut deployment = deployment();
        deployment.room = room.unwrap_or(deployment.room);
        let (job_id, messages) = submitted(&deployment).await;
        assert!(deployment.deliver(&messages[..2]).await.is_empty());
        // Objects are not read again and again while somebody watches the job.
        let pending = deployment.detail(&job_id).await;
        assert_eq!(pending["answer_so_far"].is_null(), objects > 0, "{pending}");
        assert!(deployment.deliver(&messages[2..]).await.is_empty());
        let job = deployment.detail(&job_id).await;
        assert_eq!((&job["state"], &job["rows"]), (&json!("completed"), &json!(4000)), "{job}");
        assert_eq!(deployment.objects.names().len(), objects);
        answers.push(job["answer"].clone());
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_chunk_that_is_folded_twice_leaves_one_object() {
    let deployment = deployment();
    let (job_id, messages) = submitted(&deployment).await;
    for _ in 0..2 {
        assert!(deployment.deliver(&messages).await.is_empty());
    }
    assert_eq!(deployment.objects.names().len(), 4);
    assert_eq!(deployment.detail(&job_id).await["state"], "completed");
}

#[tokio::test]
async fn a_job_whose_object_is_gone_has_no_answer_and_says_which() {
    let deployment = deployment();
    let (job_id, messages) = submitted(&deployment).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let name = deployment.objects.names().remove(0);
    deployment.objects.remove(&name);
    let response = deployment.job("GET", &job_id).await;
    assert_eq!(response.status(), 500, "{}", response.body());
    assert!(response.body().contains(name.as_str()), "{}", response.body());
}

#[tokio::test]
async fn a_job_with_objects_is_not_of_the_kernel_min_distance() {
    let deployment = deployment();
    let (job_id, messages) = submitted(&deployment).await;
    assert!(deployment.deliver(&messages).await.is_empty());
    let response = deployment.result(&job_id).await;
    assert_eq!(response.status(), 400, "{}", response.body());
    assert!(response.body().contains("is not of the kernel min_distance"), "{}", response.body());
}

#[tokio::test]
async fn small_partials_make_no_object() {
    let deployment = deployment();
    let task = json!({ "kernel": "summary", "columns": ["x"], "chunks": 4 });
    assert_eq!(deployment.post_task(&task).await.status(), 200);
    assert!(deployment.deliver(&deployment.messages()).await.is_empty());
    assert!(deployment.objects.names().is_empty());
}
