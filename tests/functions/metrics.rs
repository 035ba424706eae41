//! What is counted, in CloudWatch's embedded metric format.

use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{hundred_rows, missing_table, unreachable_database},
};
use pgfold_tests::{
    catalogue,
    doubles::{ManualClock, SpoiledSource, Step},
};

/// The metrics of a line with their values. The line is as the format asks.
fn values(line: &Value) -> Vec<(&str, u64)> {
    let schema: Value = serde_json::from_str(include_str!("emf.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {line}");
    let [directive] = &line["_aws"]["CloudWatchMetrics"].as_array().unwrap()[..] else {
        panic!("{line}")
    };
    assert_eq!(directive["Namespace"], "pgfold");
    assert_eq!(directive["Dimensions"], json!([["Deployment"]]));
    // What is defined must be there, a dimension as a text and a metric as a number.
    assert_eq!(line["Deployment"], "test");
    let metrics = directive["Metrics"].as_array().unwrap().iter();
    let metrics = metrics.map(|metric| metric["Name"].as_str().unwrap());
    metrics.map(|name| (name, line[name].as_u64().unwrap())).collect()
}

/// The metrics that were written since this was last asked.
fn measured(deployment: &MemoryDeployment) -> Vec<Vec<(String, u64)>> {
    let owned = |(name, value): (&str, u64)| (name.to_owned(), value);
    deployment.measured().iter().map(|line| values(line).into_iter().map(owned).collect()).collect()
}

fn one(name: &str) -> Vec<(String, u64)> {
    vec![(name.to_owned(), 1)]
}

#[tokio::test]
async fn a_line_says_what_was_counted_where_and_of_what() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let submitted = body(&deployment.submit("").await);
    let (job_id, trace_id) = (&submitted["task_id"], &submitted["trace_id"]);
    assert_eq!(
        deployment.measured(),
        [json!({
            "_aws": {
                "Timestamp": ManualClock::START,
                "CloudWatchMetrics": [{
                    "Namespace": "pgfold",
                    "Dimensions": [["Deployment"]],
                    "Metrics": [{ "Name": "JobsSubmitted", "Unit": "Count" }],
                }],
            },
            "Deployment": "test",
            "JobsSubmitted": 1,
            "task_id": job_id,
            "trace_id": trace_id,
        })]
    );
    assert_eq!(deployment.deliver_for_the(1, &deployment.messages()[3..]).await, [""; 0]);
    assert_eq!(
        deployment.measured(),
        [json!({
            "_aws": {
                "Timestamp": ManualClock::START,
                "CloudWatchMetrics": [{
                    "Namespace": "pgfold",
                    "Dimensions": [["Deployment"]],
                    "Metrics": [
                        { "Name": "ChunksFolded", "Unit": "Count" },
                        { "Name": "RowsFolded", "Unit": "Count" },
                        { "Name": "MapMilliseconds", "Unit": "Milliseconds" },
                    ],
                }],
            },
            "Deployment": "test",
            "ChunksFolded": 1,
            "RowsFolded": 26,
            "MapMilliseconds": 0,
            "task_id": job_id,
            "trace_id": trace_id,
            "chunk": 3,
        })]
    );
}

#[tokio::test]
async fn chunks_and_rows_are_counted_as_often_as_they_count() {
    let deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    assert_eq!(measured(&deployment), [one("JobsSubmitted")]);
    let messages = deployment.messages();
    assert_eq!(deployment.deliver_for_the(1, &messages).await, [""; 0]);
    let lines = deployment.measured();
    let sum = |metric: &str| lines.iter().map(|line| line[metric].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("ChunksFolded"), sum("RowsFolded")), (4, 100));
    // All of them again, late.
    assert_eq!(deployment.deliver_for_the(2, &messages[..2]).await, [""; 0]);
    let again = [one("Redeliveries"), one("DuplicatesDiscarded")];
    assert_eq!(measured(&deployment), [again.clone(), again].concat());
}

#[tokio::test]
async fn of_two_mappers_on_one_chunk_one_is_counted() {
    let deployment = MemoryDeployment::new(SpoiledSource::slow(hundred_rows()));
    deployment.submitted().await;
    let messages = deployment.messages();
    deployment.measured();
    let (one, other) = tokio::join!(
        deployment.deliver_for_the(1, &messages[2..3]),
        deployment.deliver_for_the(1, &messages[2..3])
    );
    assert_eq!((one, other), (vec![], vec![]));
    let lines = deployment.measured();
    let of = |metric: &str| lines.iter().filter(|line| line.get(metric).is_some()).count();
    assert_eq!((lines.len(), of("ChunksFolded"), of("DuplicatesDiscarded")), (2, 1, 1));
}

#[tokio::test]
async fn a_key_that_comes_again_submits_nothing() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for _ in 0..3 {
        assert_eq!(deployment.submit_once("key", "").await.status(), 200);
    }
    assert_eq!(deployment.dry_run("true", "").await.status(), 200);
    assert_eq!(deployment.submit("nonsense").await.status(), 400);
    assert_eq!(measured(&deployment), [one("JobsSubmitted")]);
}

#[tokio::test]
async fn what_goes_wrong_is_counted() {
    let mut deployment =
        MemoryDeployment::new(SpoiledSource::new(hundred_rows(), Step::Reading, missing_table));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    deployment.measured();
    assert_eq!(deployment.deliver_for_the(1, &messages[..1]).await, [""; 0]);
    assert_eq!(measured(&deployment), [one("ChunksFailed")]);

    // What comes back is counted when it does.
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Beginning, unreachable_database));
    assert_eq!(deployment.deliver_for_the(1, &messages[1..2]).await, ["0"]);
    assert_eq!(measured(&deployment), [[]; 0]);
    assert_eq!(deployment.deliver_at_last(&messages[1..2]).await, ["0"]);
    assert_eq!(measured(&deployment), [one("Redeliveries")]);
    assert_eq!(deployment.bury(&messages[1..2]).await, [""; 0]);
    assert_eq!(measured(&deployment), [one("ChunksGivenUp")]);

    // A dead letter that changes no job, and a message that fits none, are not counted.
    assert_eq!(deployment.bury(&["not JSON".to_owned()]).await, ["0"]);
    assert_eq!(deployment.job("DELETE", &job_id).await.status(), 200);
    assert_eq!(deployment.bury(&messages[2..]).await, [""; 0]);
    assert_eq!(deployment.deliver_for_the(1, &messages[2..]).await, [""; 0]);
    assert_eq!(measured(&deployment), [[]; 0]);
}
