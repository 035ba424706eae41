//! What a function does when it starts, and before anything fails.

use pgfold_tests::{Ended, FunctionProcess, http_event, local_cloud};
use serde_json::Value;

#[tokio::test]
async fn a_function_without_its_configuration_dies_and_says_why() {
    let mapper = FunctionProcess::start("mapper", []).await;
    let ended = mapper.invoke(&Value::Null).await;
    let Err(Ended::Died(status)) = ended else { panic!("{ended:?}") };
    assert_eq!(status.code(), Some(1));
    assert!(mapper.logs().contains("DATABASE_URL"), "{}", mapper.logs());
}

#[tokio::test]
async fn submit_refuses_to_start_beyond_the_budget_of_connections() {
    let environment = |budget: &str| {
        [
            ("DATABASE_URL", local_cloud("DATABASE_URL")),
            ("JOBS_TABLE", local_cloud("JOBS_TABLE")),
            ("CHUNKS_QUEUE_URL", local_cloud("CHUNKS_QUEUE_URL")),
            ("MAPPER_CONCURRENCY", "10".to_owned()),
            ("SUBMIT_CONCURRENCY", "5".to_owned()),
            ("CONNECTION_BUDGET", budget.to_owned()),
        ]
    };
    let submit = FunctionProcess::start("submit", environment("14")).await;
    let ended = submit.invoke(&Value::Null).await;
    let Err(Ended::Died(_)) = ended else { panic!("{ended:?}") };
    for why in ["CONNECTION_BUDGET", "is 14, less than", "10 + 5"] {
        assert!(submit.logs().contains(why), "{}", submit.logs());
    }

    let submit = FunctionProcess::start("submit", environment("15")).await;
    let answer = submit.invoke(&http_event("POST /tasks", &[], &[], Some("{}"))).await.unwrap();
    assert_eq!(answer["statusCode"], 400, "{answer}");
}

#[tokio::test]
async fn a_mapper_refuses_to_start_where_its_chunks_would_come_back_while_it_reads_them() {
    let hidden = |seconds: &str| {
        let visibility = ("CHUNK_VISIBILITY_SECONDS", seconds.to_owned());
        FunctionProcess::start("mapper", [("READ_TIMEOUT_SECONDS", "20".to_owned()), visibility])
    };
    for (seconds, why) in [
        ("19", "CHUNK_VISIBILITY_SECONDS is 19s, less than READ_TIMEOUT_SECONDS, 20s"),
        ("20", "DATABASE_URL is not set"),
    ] {
        let mapper = hidden(seconds).await;
        let ended = mapper.invoke(&Value::Null).await;
        let Err(Ended::Died(_)) = ended else { panic!("{ended:?}") };
        assert!(mapper.logs().contains(why), "{}", mapper.logs());
    }
}

#[tokio::test]
async fn a_function_answers_event_after_event() {
    let store = [("STORE", "dynamodb".to_owned()), ("JOBS_TABLE", local_cloud("JOBS_TABLE"))];
    let result = FunctionProcess::start("result", store).await;
    let route = "GET /get_min_distance/{task_id}";
    let unknown = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";
    for (job_id, status) in [("nonsense", 400), (unknown, 404)] {
        let event = http_event(route, &[("task_id", job_id)], &[], None);
        let answer = result.invoke(&event).await.unwrap();
        assert_eq!(answer["statusCode"], status, "{answer}");
    }
}

#[tokio::test]
async fn a_function_reports_an_event_that_it_cannot_read() {
    let store = [("STORE", "dynamodb".to_owned()), ("JOBS_TABLE", local_cloud("JOBS_TABLE"))];
    let result = FunctionProcess::start("result", store).await;
    let outcome = result.invoke(&Value::Null).await;
    let Err(Ended::Failed(error)) = outcome else { panic!("{outcome:?}") };
    assert!(error["errorMessage"].is_string(), "{error}");
}
