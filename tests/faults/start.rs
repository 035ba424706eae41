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
async fn a_function_answers_event_after_event() {
    let store = [("STORE", "dynamodb".to_owned()), ("JOBS_TABLE", local_cloud("JOBS_TABLE"))];
    let result = FunctionProcess::start("result", store).await;
    let route = "GET /get_min_distance/{task_id}";
    let unknown = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d";
    for (task_id, status) in [("nonsense", 400), (unknown, 404)] {
        let event = http_event(route, &[("task_id", task_id)], &[], None);
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
