//! Attempts that fail: what their jobs say of them, and what they took.

use std::time::{Duration, SystemTime};

use lambda_http::{Body, Request, http};
use pgfold_adapters::memory::MemoryStore;
use pgfold_core::Error;
use pgfold_tests::{
    catalogue,
    doubles::{SpoiledSource, Step},
    invocation,
};
use serde_json::{Value, json};

use crate::functions::{
    deployment::{MemoryDeployment, body},
    tables::{hundred_rows, unreachable_database},
};

async fn job_of(deployment: &MemoryDeployment, job_id: &str) -> Value {
    body(&deployment.job("GET", job_id).await)
}

async fn listed(deployment: &MemoryDeployment, job_id: &str) -> Value {
    let request: Request = http::Request::get("/prod/tasks").body(Body::Empty).unwrap();
    let page = body(&deployment.ask_jobs(request).await);
    let jobs = page["tasks"].as_array().unwrap();
    jobs.iter().find(|job| job["task_id"] == job_id).unwrap().clone()
}

#[tokio::test]
async fn a_pending_job_says_how_its_latest_attempt_failed() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(job_of(&deployment, &job_id).await.get("last_error"), None);
    deployment.catalogue =
        catalogue(SpoiledSource::new(hundred_rows(), Step::Beginning, unreachable_database));
    assert_eq!(deployment.deliver_for_the(1, &messages[..1]).await, ["0"]);
    deployment.clock.advance(2);
    assert_eq!(deployment.deliver_for_the(2, &messages[3..]).await, ["0"]);
    let expected = json!({
        "chunk": 3, "attempt": 2, "at": "1970-01-01T00:16:42Z", "error": "postgres is unavailable",
    });
    for job in [job_of(&deployment, &job_id).await, listed(&deployment, &job_id).await] {
        assert_eq!((&job["state"], &job["failed_attempts"]), (&json!("pending"), &json!(2)));
        assert_eq!(job["last_error"], expected);
    }

    // That chunk is folded after all.
    deployment.catalogue = catalogue(hundred_rows());
    assert_eq!(deployment.deliver_for_the(3, &messages[3..]).await, [""; 0]);
    let job = job_of(&deployment, &job_id).await;
    assert_eq!((&job["failed_attempts"], job.get("last_error")), (&json!(2), None));
    assert_eq!(deployment.deliver(&messages).await, [""; 0]);
    for job in [job_of(&deployment, &job_id).await, listed(&deployment, &job_id).await] {
        assert_eq!((&job["state"], job.get("last_error")), (&json!("completed"), None));
    }
    assert_eq!(body(&deployment.result(&job_id).await)["failed_attempts"], 2);
}

#[tokio::test]
async fn what_attempts_took_that_failed_is_in_time_and_cost() {
    let deployment = MemoryDeployment::new(SpoiledSource::endless(hundred_rows()));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    let before = job_of(&deployment, &job_id).await;
    let mut context = invocation();
    // Two seconds are for the report.
    let deadline = SystemTime::now() + Duration::from_millis(2200);
    let since_epoch = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    context.deadline = u64::try_from(since_epoch.as_millis()).unwrap();
    let (back, ()) = tokio::join!(deployment.deliver_within(context, 1, &messages[..1]), async {
        tokio::task::yield_now().await;
        deployment.clock.advance(18);
    });
    assert_eq!(back, ["0"]);
    let after = job_of(&deployment, &job_id).await;
    assert_eq!((&before["map_ms"], &after["map_ms"]), (&json!(0), &json!(18_000)));
    assert!(after["cost_usd"].as_f64() > before["cost_usd"].as_f64(), "{after}");
    let error = after["last_error"]["error"].as_str().unwrap();
    assert!(error.starts_with("chunk 0 took longer than "), "{error}");
    let in_list = listed(&deployment, &job_id).await;
    for name in ["map_ms", "cost_usd", "failed_attempts", "last_error", "progress", "rows"] {
        assert_eq!(in_list[name], after[name], "{name}");
    }
}

#[tokio::test]
async fn a_fault_of_the_kernel_or_of_the_rows_fails_the_job_at_the_first_attempt() {
    type Fault = (fn() -> Error, &'static str);
    let faults: [Fault; 3] = [
        (
            || Error::Kernel { kernel: "mode", problem: "it panicked: no value".to_owned() },
            "the kernel mode failed: it panicked: no value",
        ),
        (|| Error::corrupt("a row", "too short"), "a row does not read back"),
        // As of a column whose type was changed since the job was planned.
        (|| Error::Invalid("x1 is a text, not a number".to_owned()), "x1 is a text, not a number"),
    ];
    for (fault, reason) in faults {
        let deployment =
            MemoryDeployment::new(SpoiledSource::new(hundred_rows(), Step::Reading, fault));
        let job_id = deployment.submitted().await;
        let messages = deployment.messages();
        assert_eq!(deployment.deliver_for_the(1, &messages[..1]).await, [""; 0]);
        let failed = job_of(&deployment, &job_id).await;
        assert_eq!(failed["error"], format!("chunk 0: {reason}"));
        assert_eq!(
            (&failed["failed_attempts"], &failed["last_error"]["attempt"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(failed["last_error"]["error"], reason);
        assert_eq!(deployment.result(&job_id).await.status(), 500);
    }
}

#[tokio::test]
async fn a_reason_of_half_a_megabyte_is_shown_as_far_as_it_fits() {
    let verbose = || Error::Misconfigured("x".repeat(500_000));
    let deployment =
        MemoryDeployment::new(SpoiledSource::new(hundred_rows(), Step::Reading, verbose));
    let job_id = deployment.submitted().await;
    assert_eq!(deployment.deliver(&deployment.messages()[..1]).await, [""; 0]);
    let failed = job_of(&deployment, &job_id).await;
    for reason in [&failed["failed_chunks"][0]["error"], &failed["last_error"]["error"]] {
        let reason = reason.as_str().unwrap();
        assert!(reason.len() <= 1000 && reason.ends_with('…'), "{} bytes", reason.len());
    }
}

#[tokio::test]
async fn a_message_of_a_job_that_is_not_known_is_done_with() {
    let mut deployment = MemoryDeployment::new(hundred_rows());
    deployment.submitted().await;
    let messages = deployment.messages();
    deployment.store = MemoryStore::default();
    assert_eq!(deployment.deliver_for_the(1, &messages).await, [""; 0]);
    assert_eq!(deployment.bury(&messages).await, [""; 0]);
    assert_eq!(deployment.delays(), []);
}

#[tokio::test]
async fn a_job_that_is_taken_up_again_says_nothing_of_errors_before() {
    let deployment = MemoryDeployment::new(SpoiledSource::new(
        hundred_rows(),
        Step::Beginning,
        unreachable_database,
    ));
    let job_id = deployment.submitted().await;
    let messages = deployment.messages();
    assert_eq!(deployment.deliver_at_last(&messages[..1]).await, ["0"]);
    let failed = job_of(&deployment, &job_id).await;
    assert_eq!(failed["last_error"]["error"], "postgres is unavailable");
    assert_eq!(failed["error"], "chunk 0: given up after 5 attempts: postgres is unavailable");
    assert_eq!(deployment.job("POST", &job_id).await.status(), 200);
    let again = job_of(&deployment, &job_id).await;
    assert_eq!((&again["state"], again.get("last_error")), (&json!("pending"), None));
    assert_eq!(again["failed_attempts"], 1);
}
