//! The list of jobs, a job's chunks in parts, and the dashboard.

use std::collections::HashMap;

use lambda_http::{Body, Request, RequestExt, Response, http};
use pgfold_core::{ChunkTask, Queue};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::hundred_rows,
};

fn get(path: &str, query: &[(&str, &str)]) -> Request {
    let parameters: HashMap<String, String> =
        query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let request: Request = http::Request::get(path).body(Body::Empty).unwrap();
    request.with_query_string_parameters(parameters)
}

async fn list(deployment: &MemoryDeployment, query: &[(&str, &str)]) -> Value {
    let response = deployment.ask_jobs(get("/prod/tasks", query)).await;
    assert_eq!(response.status(), 200, "{}", response.body());
    body(&response)
}

fn ids(page: &Value) -> Vec<&str> {
    page["tasks"].as_array().unwrap().iter().map(|job| job["task_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn jobs_are_listed_with_their_states_and_figures() {
    let deployment = MemoryDeployment::new(hundred_rows());
    assert_eq!(
        list(&deployment, &[]).await,
        json!({
            "tasks": [], "next": null,
            "queue": { "waiting": 0, "in_flight": 0, "dead_letters": 0, "poison": 0 },
        })
    );
    let job_id = deployment.submitted().await;
    let queue = &list(&deployment, &[]).await["queue"];
    assert_eq!(queue["waiting"], 4);
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    let page = list(&deployment, &[]).await;
    let job = &page["tasks"][0];
    assert_eq!(page["next"], Value::Null);
    assert_eq!(
        (&job["task_id"], &job["state"], &job["kernel"], &job["params"]),
        (
            &json!(job_id),
            &json!("completed"),
            &json!("min_distance"),
            &json!({ "metric": "euclidean" })
        )
    );
    assert_eq!(job["progress"], json!({ "done": 4, "total": 4 }));
    assert_eq!((&job["rows"], &job["source"]), (&json!(100), &json!("points")));
    let detail = body(&deployment.job("GET", &job_id).await);
    for (name, value) in job.as_object().unwrap() {
        assert_eq!(&detail[name], value, "{name} of the list and of the job");
    }
    let result = body(&deployment.result(&job_id).await);
    for name in ["rows", "skipped", "elapsed_ms", "map_ms", "cost_usd", "consistency"] {
        assert_eq!(&job[name], &result[name], "{name} of the list and of the result");
    }
}

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let mut submitted = Vec::new();
    for _ in 0..5 {
        submitted.push(deployment.submitted().await);
    }
    submitted.sort_by(|older, newer| newer.cmp(older));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for full in [true, true, false] {
        let query = [("limit", "2"), ("cursor", cursor.as_str())];
        let page = list(&deployment, if seen.is_empty() { &query[..1] } else { &query }).await;
        assert_eq!(page.get("queue").is_some(), seen.is_empty(), "only on the first page");
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        assert_eq!(page["next"].is_string(), full);
        cursor = page["next"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!(seen, submitted);
}

#[tokio::test]
async fn jobs_are_filtered_by_their_state() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let completed = deployment.submitted().await;
    assert_eq!(deployment.deliver(&deployment.messages()).await, [""; 0]);
    let cancelled = deployment.submitted().await;
    assert_eq!(deployment.job("DELETE", &cancelled).await.status(), 200);
    let failed = deployment.submitted().await;
    deployment.messages();
    deployment.clock.advance(61);
    let pending = deployment.submitted().await;
    for (state, job) in [
        ("completed", &completed),
        ("cancelled", &cancelled),
        ("failed", &failed),
        ("pending", &pending),
    ] {
        let page = list(&deployment, &[("state", state)]).await;
        assert_eq!(ids(&page), [job], "{state}");
        assert_eq!(page["tasks"][0]["state"], state);
    }
    let page = list(&deployment, &[("state", "failed")]).await;
    assert_eq!(page["tasks"][0]["error"], "4 of 4 chunks not done by the job's deadline");
    deployment.clock.advance(600);
    let expired = list(&deployment, &[("state", "expired")]).await;
    assert_eq!(ids(&expired).len(), 4);
}

#[tokio::test]
async fn a_chunk_that_failed_and_then_succeeded_fails_no_job() {
    let deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.bury(&messages[..1]).await, [""; 0]);
    assert_eq!(list(&deployment, &[]).await["tasks"][0]["state"], "failed");
    assert_eq!(deployment.deliver(&messages[..1]).await, [""; 0]);
    let job = &list(&deployment, &[]).await["tasks"][0];
    assert_eq!((&job["state"], job.get("error")), (&json!("pending"), None));
    assert_eq!(ids(&list(&deployment, &[("state", "pending")]).await).len(), 1);
    assert_eq!(ids(&list(&deployment, &[("state", "failed")]).await).len(), 0);
}

#[tokio::test]
async fn the_chunks_of_a_job_are_shown_in_parts() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let job_id = body(&deployment.submit(r#"{"chunks": 50}"#).await)["task_id"].clone();
    let job_id = job_id.as_str().unwrap();
    let request = get("/tasks/{task_id}", &[("from", "20"), ("limit", "7")]);
    let request =
        request.with_path_parameters(HashMap::from([("task_id".to_owned(), job_id.to_owned())]));
    let part = body(&deployment.ask_jobs(request).await);
    let chunks: Vec<u64> = part["chunks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|chunk| chunk["chunk"].as_u64().unwrap())
        .collect();
    assert_eq!(chunks, [20, 21, 22, 23, 24, 25, 26]);
    assert_eq!(part["progress"]["total"], 50);
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused_by_name() {
    let deployment = MemoryDeployment::new(hundred_rows());
    for (name, value, problem) in [
        ("limit", "0", "limit must be a whole number from 1 to 100, not \"0\""),
        ("limit", "101", "limit must be a whole number from 1 to 100, not \"101\""),
        ("limit", "-1", "limit must be a whole number from 1 to 100, not \"-1\""),
        (
            "state",
            "done",
            "state must be one of pending, completed, failed, cancelled, expired, not \"done\"",
        ),
        ("cursor", "x", "cursor \"x\" is none that was given"),
    ] {
        let refused = deployment.ask_jobs(get("/tasks", &[(name, value)])).await;
        assert_eq!(refused.status(), 400, "{name}={value}");
        assert_eq!(body(&refused), json!({ "status": "tasks unknown", "error": problem }));
    }
}

#[tokio::test]
async fn the_list_shows_the_queues() {
    let deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    let messages = deployment.messages();
    let dead: Vec<ChunkTask> =
        messages[..2].iter().map(|message| ChunkTask::from_json(message).unwrap()).collect();
    deployment.dead_letters.send(&dead).await.unwrap();
    let expected = json!({ "waiting": 0, "in_flight": 4, "dead_letters": 2, "poison": 0 });
    assert_eq!(list(&deployment, &[]).await["queue"], expected);
    // Those of reducers are among them.
    deployment.reductions.send(&dead).await.unwrap();
    deployment.reductions.receive().unwrap();
    deployment.reductions_dead_letters.send(&dead[..1]).await.unwrap();
    let expected = json!({ "waiting": 1, "in_flight": 5, "dead_letters": 3, "poison": 0 });
    assert_eq!(list(&deployment, &[]).await["queue"], expected);
}

#[tokio::test]
async fn the_dashboard_is_a_page_that_may_run_nothing_but_its_own_script() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let page: Response<String> = deployment.ask_jobs(get("/prod/dashboard", &[])).await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.body().starts_with("<!doctype html>"));
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}
