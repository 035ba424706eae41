//! What the API says.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use pgfold_adapters::new_job_id;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::end_to_end::deployment::{Deployment, distance};

#[tokio::test]
async fn the_health_check_answers() {
    let deployment = Deployment::with_million_rows().await;
    let response = deployment.get("/").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(response.text().await.unwrap(), "Hello, World!\n");
}

#[tokio::test]
async fn a_caller_that_waits_need_not_poll() {
    let deployment = Deployment::with_million_rows().await;
    let job_id = deployment.submit(json!({})).await;
    let url = format!("{}/get_min_distance/{job_id}", deployment.url);
    let response = deployment.http.get(url).header("prefer", "wait=20").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.json::<Value>().await.unwrap()["rows"], 1_000_000);
}

#[tokio::test]
async fn bad_input_is_refused_with_a_sentence() {
    let deployment = Deployment::with_million_rows().await;
    for (body, sentence) in [
        ("nonsense", "the body is not a JSON object"),
        (r#"{"chunks": 0}"#, "chunks must be a whole number from 1 to 10000, not 0"),
        (r#"{"chunks": "four"}"#, "chunks must be a whole number from 1 to 10000, not \"four\""),
        (r#"{"metric": "taxicab"}"#, "metric must be euclidean or haversine or geodesic"),
        (r#"{"consistency": "eventual"}"#, "consistency must be per-chunk or snapshot, not"),
        (r#"{"source": "right"}"#, "there is no source \"right\"; there is points, left, few"),
        (r#"{"consistency": "snapshot", "chunks": 11}"#, "chunks must be at most 10, not 11"),
        (r#"{"colour": "red"}"#, "unknown field colour"),
    ] {
        let response = deployment.post(body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["status"], "task not submitted");
        assert!(answer["error"].as_str().unwrap().contains(sentence), "{answer}");
    }
    for (id, status) in [
        ("42", StatusCode::BAD_REQUEST),
        ("agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d", StatusCode::NOT_FOUND),
    ] {
        let response = deployment.get(&format!("/get_min_distance/{id}")).await;
        assert_eq!(response.status(), status);
        let answer: Value = response.json().await.unwrap();
        assert!(answer["error"].as_str().unwrap().contains(id), "{answer}");
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_named() {
    let deployment = Deployment::with_table("CREATE TABLE points (id INT PRIMARY KEY)").await;
    let response = deployment.post("").await;
    deployment.restore().await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"], "table \"points\" has no column \"x1\"");
}

#[tokio::test]
async fn a_database_that_refuses_connections_is_a_503_until_it_is_back() {
    let deployment = Deployment::with_table(
        "CREATE TABLE points (id INT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT);
         INSERT INTO points VALUES (1, 0, 0, 3, 4)",
    )
    .await;
    assert_eq!(distance(&deployment.run(json!({})).await), 5.0);

    let (refused, elapsed) = deployment
        .without_database(async {
            let started = Instant::now();
            (deployment.try_post("").await, started.elapsed())
        })
        .await;
    let refused = refused.unwrap();
    let (status, answer) = (refused.status(), refused.json::<Value>().await.unwrap());
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    let error = answer["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("postgres is unavailable: "), "{answer}");
    // A promise of the API, not a measurement: the caller is not kept waiting.
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");

    assert_eq!(distance(&deployment.run(json!({})).await), 5.0);
    deployment.restore().await;
}

#[tokio::test]
async fn the_same_request_sent_at_the_same_time_is_one_job() {
    let deployment = Deployment::with_million_rows().await;
    let key = new_job_id().to_string();
    let url = format!("{}/compute_min_distance", deployment.url);
    let submit = async |_| {
        let request = deployment.http.post(&url).header("idempotency-key", &key);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let answers = join_all((0..6).map(submit)).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let (status, result) = deployment.wait(answers[0]["task_id"].as_str().unwrap()).await;
    assert_eq!((status, &result["rows"]), (StatusCode::OK, &json!(1_000_000)));
    assert_eq!(submit(0).await, answers[0]);
}
