//! What the functions log, and about which job.

use std::time::{Duration, Instant};

use pgfold_adapters::{config::StoreConfig, open_store, sdk_config};
use pgfold_tests::{FunctionProcess, PlannedJob, local_cloud, sqs_event};
use reqwest::Client as Http;
use serde_json::{Value, json};

use crate::end_to_end::deployment::Deployment;

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

    /// The lines that name a job, of every function.
    async fn lines_about(&self, job_id: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let groups = json!({ "logGroupNamePrefix": "/aws/lambda/" });
        let groups = self.call("DescribeLogGroups", &groups).await;
        for group in groups["logGroups"].as_array().unwrap() {
            let mut request = json!({ "logGroupName": group["logGroupName"] });
            loop {
                let found = self.call("FilterLogEvents", &request).await;
                for event in found["events"].as_array().unwrap() {
                    let message = event["message"].as_str().unwrap();
                    if message.contains(job_id) {
                        lines.push(message.to_owned());
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

/// The line of JSON that says this.
fn saying<'a>(lines: &'a [Value], message: &str) -> &'a Value {
    let mut lines = lines.iter().filter(|line| line["fields"]["message"] == message);
    match (lines.next(), lines.next()) {
        (Some(line), None) => line,
        (first, second) => panic!("{message:?} is not said once: {first:?}, {second:?}"),
    }
}

#[tokio::test]
async fn one_trace_runs_from_the_request_through_every_mapper_to_the_result() {
    let deployment = Deployment::with_million_rows().await;
    let submitted: Value = deployment.post("").await.json().await.unwrap();
    let job_id = submitted["task_id"].as_str().unwrap();
    let trace_id = submitted["trace_id"].as_str().unwrap_or_else(|| panic!("{submitted}"));
    assert!(trace_id.starts_with("1-"), "{trace_id}");
    let (_, result) = deployment.wait(job_id).await;
    let task: Value = deployment.get(&format!("/tasks/{job_id}")).await.json().await.unwrap();
    assert_eq!((&result["trace_id"], &task["trace_id"]), (&json!(trace_id), &json!(trace_id)));

    let logs = Logs { http: deployment.http.clone(), url: local_cloud("AWS_ENDPOINT_URL") };
    let deadline = Instant::now() + Duration::from_secs(30);
    let lines = loop {
        let lines = logs.lines_about(job_id).await;
        let said = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
        // What a function writes arrives a little after its answer.
        let is_there = said("task submitted") == 1 && said("chunk folded") == 4;
        let is_over = said("result told") == 1 && said("ending announced") == 1;
        if is_there && is_over && said("\"_aws\"") == 6 {
            break lines;
        }
        assert!(Instant::now() < deadline, "{lines:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    for line in &lines {
        assert!(line.contains(trace_id), "{line}");
    }
    let metrics: Vec<Value> = lines
        .iter()
        .filter(|line| line.contains("\"_aws\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sum = |metric: &str| metrics.iter().filter_map(|line| line[metric].as_u64()).sum::<u64>();
    let counted = ["JobsSubmitted", "ChunksFolded", "RowsFolded", "EndingsAnnounced"].map(sum);
    assert_eq!(counted, [1, 4, 1_000_000, 1]);
}

#[tokio::test]
async fn what_a_function_writes_is_json_where_lambda_asks_for_json() {
    let mut environment = vec![
        "STORE",
        "REDUCTIONS_QUEUE_URL",
        "DEAD_LETTER_QUEUE_URL",
        "REDUCTIONS_DEAD_LETTER_QUEUE_URL",
        "OBJECTS_BUCKET",
    ];
    environment.extend(match local_cloud("STORE").as_str() {
        "valkey" => vec!["VALKEY_URL"],
        _ => vec!["JOBS_TABLE"],
    });
    let environment = environment.into_iter().map(|name| (name, local_cloud(name)));
    let function = FunctionProcess::start(
        "dead_letter",
        environment.chain([("DEPLOYMENT", "blue".to_owned())]),
    );
    let (function, planned) = (function.await, PlannedJob::new(1));
    let store = open_store(StoreConfig::from_env().unwrap(), &sdk_config().await);
    store.create(&planned.job, &planned.plan).await.unwrap();
    let message = planned.job.chunk_tasks(&planned.plan).next().unwrap().to_json().unwrap();
    let event = sqs_event([message.as_str(), "not JSON"], 1);
    let answer = function.invoke(&event).await.unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] }));
    function.kill().await;

    let logs = function.logs();
    let lines: Vec<Value> =
        logs.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let job_id = json!(planned.job.job_id);
    let trace_id = json!(planned.job.trace.id.clone());
    let given_up = saying(&lines, "chunk given up");
    let span = json!({
        "message_id": "message-0",
        "attempt": 1,
        "task_id": job_id,
        "chunk": 0,
        "trace_id": trace_id,
        "name": "delivery",
    });
    assert_eq!((&given_up["level"], &given_up["span"]), (&json!("ERROR"), &span));
    let back = saying(&lines, "message comes back");
    assert_eq!(back["span"]["message_id"], "message-1");
    let metrics: Vec<&Value> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    let [counted] = metrics[..] else { panic!("{logs}") };
    assert_eq!((&counted["ChunksGivenUp"], &counted["Deployment"]), (&json!(1), &json!("blue")));
    assert_eq!((&counted["task_id"], &counted["trace_id"]), (&job_id, &trace_id));
}
