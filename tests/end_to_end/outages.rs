//! Things that go away in the middle of a job, and come back.

use std::{
    fs,
    time::{Duration, Instant},
};

use pgfold_tests::{connect, disposable_database, local_cloud};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::end_to_end::deployment::{Deployment, distance};

/// The job has the right answer, and took more than one attempt at some chunk.
async fn recovers(deployment: &Deployment, job_id: &str) {
    let (status, result) = deployment.wait(job_id).await;
    assert_eq!(status, StatusCode::OK, "{result}");
    assert_eq!(result["rows"], 1_000_000);
    let undisturbed = deployment.run(json!({ "metric": "geodesic" })).await;
    assert_eq!(distance(&result).to_bits(), distance(&undisturbed).to_bits());
    assert_eq!(result["pair"], undisturbed["pair"]);
    let attempts = |chunk: &Value| chunk["attempts"].as_u64().unwrap();
    let attempts = result["chunks"].as_array().unwrap().iter().map(attempts).max();
    assert!(attempts > Some(1), "nothing was disturbed");
}

#[tokio::test]
async fn a_database_that_crashes_and_restarts_costs_some_chunks_another_attempt() {
    let mut deployment = Deployment::alone().await;
    let job_id = deployment.in_the_middle_of_a_job().await;
    // A backend that is killed takes all others with it, and the database recovers.
    let crash = "COPY (SELECT 1) TO PROGRAM 'kill -KILL $PPID'";
    let crashed = deployment.database.batch_execute(crash).await;
    assert!(crashed.is_err() && deployment.database.is_closed(), "{crashed:?}");
    let config = disposable_database();
    let deadline = Instant::now() + Duration::from_secs(60);
    while config.connect(tokio_postgres::NoTls).await.is_err() {
        assert!(Instant::now() < deadline, "the database does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    deployment.database = connect(&config).await;
    recovers(&deployment, &job_id).await;
    // What the database knew of its tables' changes is lost with it.
    deployment.sql("ANALYZE points").await;
}

#[tokio::test]
async fn a_database_that_stays_away_fails_the_job_until_it_is_sent_again() {
    let deployment = Deployment::alone().await;
    let job_id = deployment.in_the_middle_of_a_job().await;
    let (status, failed) = deployment.without_database(deployment.wait(&job_id)).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{failed}");
    let reason = failed["failed_chunks"][0]["error"].as_str().unwrap();
    let given_up = "given up after 3 attempts: postgres is unavailable: ";
    assert!(reason.starts_with(given_up), "{reason}");

    let (status, retried) = deployment.act(Method::POST, &job_id, "/retry").await;
    assert_eq!(status, StatusCode::OK, "{retried}");
    // A dead letter may come after that.
    let deadline = Instant::now() + Duration::from_secs(60);
    while deployment.wait(&job_id).await.0 != StatusCode::OK {
        assert!(Instant::now() < deadline, "{:?}", deployment.wait(&job_id).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn mappers_that_are_killed_cost_their_chunks_another_attempt() {
    let deployment = Deployment::alone().await;
    let job_id = deployment.in_the_middle_of_a_job().await;
    let mappers = deployed_mappers();
    assert!(!mappers.is_empty(), "no mapper runs");
    for process in mappers {
        // One may have ended by itself.
        let _ = std::process::Command::new("kill").args(["-KILL", &process]).status().unwrap();
    }
    recovers(&deployment, &job_id).await;
}

/// The processes of the deployed mapper, by what the platform tells them.
fn deployed_mappers() -> Vec<String> {
    let endpoint = format!("AWS_ENDPOINT_URL={}", local_cloud("AWS_ENDPOINT_URL"));
    let is_mapper = |process: &str| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        let mut variables = environment.split('\0');
        variables.clone().any(|variable| variable == endpoint)
            && variables.any(|variable| {
                variable.starts_with("AWS_LAMBDA_FUNCTION_NAME=") && variable.contains("Mapper")
            })
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().into_string().ok());
    processes.filter(|process| is_mapper(process)).collect()
}
