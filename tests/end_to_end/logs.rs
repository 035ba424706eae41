//! What the functions log, and of which job.

use std::time::{Duration, Instant};

use pgfold_tests::local_cloud;
use reqwest::Client as Http;
use serde_json::{Value, json};

use crate::deployment::Deployment;

/// The calls of CloudWatch Logs that are needed here. The local cloud asks for no signature.
struct Logs {
    http: Http,
    url: String,
}

impl Logs {
    async fn call(&self, action: &str, request: &Value) -> Value {
        let request = self.http.post(&self.url).body(request.to_string());
        let request = request
            .header("x-amz-target", format!("Logs_20140328.{action}"))
            .header("content-type", "application/x-amz-json-1.1");
        let response = request.send().await.expect("the local cloud");
        assert!(response.status().is_success(), "{action}: {}", response.status());
        response.json().await.unwrap()
    }

    /// The lines that are JSON and name a job, of every function.
    async fn lines_about(&self, task_id: &str) -> Vec<Value> {
        let mut lines = Vec::new();
        let groups = json!({ "logGroupNamePrefix": "/aws/lambda/" });
        let groups = self.call("DescribeLogGroups", &groups).await;
        for group in groups["logGroups"].as_array().unwrap() {
            let mut request = json!({ "logGroupName": group["logGroupName"] });
            loop {
                let found = self.call("FilterLogEvents", &request).await;
                for event in found["events"].as_array().unwrap() {
                    let message = event["message"].as_str().unwrap();
                    if message.contains(task_id) {
                        lines.extend(serde_json::from_str::<Value>(message).ok());
                    }
                }
                match found.get("nextToken") {
                    Some(token) if !token.is_null() => request["nextToken"] = token.clone(),
                    _ => break,
                }
            }
        }
        lines
    }
}

/// The chunks of those lines that say this, in order.
fn chunks_of(lines: &[&Value], message: &str) -> Vec<u64> {
    let lines = lines.iter().filter(|line| line["fields"]["message"] == message);
    let mut chunks: Vec<u64> = lines.filter_map(|line| line["span"]["chunk"].as_u64()).collect();
    chunks.sort_unstable();
    chunks
}

#[tokio::test]
async fn one_trace_runs_from_the_request_through_every_mapper_to_the_result() {
    let deployment = Deployment::with_million_rows().await;
    let submitted: Value = deployment.post("").await.json().await.unwrap();
    let task_id = submitted["task_id"].as_str().unwrap();
    let trace_id = &submitted["trace_id"];
    assert!(trace_id.as_str().unwrap().starts_with("1-"), "{submitted}");
    let (_, result) = deployment.wait(task_id).await;
    let task: Value = deployment.get(&format!("/tasks/{task_id}")).await.json().await.unwrap();
    assert_eq!((&result["trace_id"], &task["trace_id"]), (trace_id, trace_id));

    let logs = Logs { http: deployment.http.clone(), url: local_cloud("AWS_ENDPOINT_URL") };
    // Lines arrive a little after the answer that they are about.
    let patience = Instant::now() + Duration::from_secs(30);
    let lines = loop {
        let lines = logs.lines_about(task_id).await;
        let is_there = |message| lines.iter().any(|line| line["fields"]["message"] == message);
        if chunks_of(&lines.iter().collect::<Vec<_>>(), "chunk folded").len() == 4
            && is_there("task submitted")
            && is_there("result told")
        {
            break lines;
        }
        assert!(Instant::now() < patience, "{lines:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let (metrics, log): (Vec<&Value>, Vec<&Value>) =
        lines.iter().partition(|line| line.get("_aws").is_some());
    for line in &log {
        assert_eq!(
            (&line["span"]["task_id"], &line["span"]["trace_id"]),
            (&json!(task_id), trace_id)
        );
    }
    assert_eq!(chunks_of(&log, "chunk folded"), [0, 1, 2, 3]);
    for line in &metrics {
        assert_eq!(&line["trace_id"], trace_id, "{line}");
    }
    let sum = |metric: &str| metrics.iter().filter_map(|line| line[metric].as_u64()).sum::<u64>();
    let counted = ["JobsSubmitted", "ChunksFolded", "RowsFolded"].map(sum);
    assert_eq!(counted, [1, 4, 1_000_000]);
}
