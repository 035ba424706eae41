//! Messages that nobody can read, that fit no job, or whose job is not known.

use pgfold_tests::{PlannedJob, sqs_event};
use serde_json::{Value, json};

use crate::faults::{GatedDeployment, over_both_stores};

over_both_stores! {
    poison_is_reported_by_its_id_and_never_quoted
    messages_of_a_forgotten_job_are_acknowledged
}

/// The functions that read messages, with the variable that names their queue.
const WORKERS: [(&str, &str); 3] = [
    ("mapper", "CHUNKS_QUEUE_URL"),
    ("reducer", "REDUCTIONS_QUEUE_URL"),
    ("dead_letter", "DEAD_LETTER_QUEUE_URL"),
];

async fn poison_is_reported_by_its_id_and_never_quoted(deployment: GatedDeployment) {
    let planned = PlannedJob::over(1, 100, 4);
    deployment.store().await.create(&planned.job, &planned.plan).await.unwrap();
    let good = planned.job.chunk_tasks(&planned.plan).next().unwrap().to_json().unwrap();
    let other = |field: &str, value: Value| {
        let mut message: Value = serde_json::from_str(&good).unwrap();
        message[field] = value;
        message.to_string()
    };
    let poison = [
        "s3cret".to_owned(),
        r#"{"v":1,"s3cret":true}"#.to_owned(),
        other("v", json!(9)),
        other("plan", json!("5ec2e75ec2e75ec2")),
        other("chunk", json!(4)),
        other("range", json!({ "keys": { "start": 1, "end": 100 } })),
    ];
    let event = sqs_event(poison.iter().map(String::as_str), 1);
    let ids: Vec<String> = (0..poison.len()).map(|place| format!("message-{place}")).collect();
    let back: Vec<Value> = ids.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    let environment = |queue| [(queue, pgfold_tests::local_cloud(queue))];
    for (name, queue) in WORKERS {
        let function = deployment.function(name, environment(queue)).await;
        let answer = function.invoke(&event).await.unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": back }), "{}", function.logs());
        function.kill().await;
        let logs = function.logs();
        for id in &ids {
            assert!(logs.contains(id), "{name} does not tell of {id}: {logs}");
        }
        for quoted in ["s3cret", "5ec2e75ec2e75ec2"] {
            assert!(!logs.contains(quoted), "{name} quotes a message: {logs}");
        }
    }
    let store = deployment.store().await;
    let chunks = store.chunks(&planned.job).await.unwrap();
    assert!(chunks.records.is_empty() && chunks.failures.is_empty(), "{chunks:?}");
}

async fn messages_of_a_forgotten_job_are_acknowledged(deployment: GatedDeployment) {
    let forgotten = PlannedJob::over(1, 100, 4);
    let messages: Vec<String> =
        forgotten.job.chunk_tasks(&forgotten.plan).map(|task| task.to_json().unwrap()).collect();
    let environment = |queue| [(queue, pgfold_tests::local_cloud(queue))];
    for (name, queue) in WORKERS {
        let function = deployment.function(name, environment(queue)).await;
        let event = sqs_event(messages.iter().map(String::as_str), 1);
        let answer = function.invoke(&event).await.unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [] }), "{}", function.logs());
        function.kill().await;
        let logs = function.logs();
        assert_eq!(logs.matches("the job is not known any more").count(), 4, "{name}: {logs}");
    }
}
