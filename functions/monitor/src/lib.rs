//! Tells of jobs that were submitted, and acts on them: `GET /tasks/{task_id}` says where one
//! stands, with its answer once it is there, `DELETE` cancels it, `POST /tasks/{task_id}/retry`
//! sends its missing chunks again. `GET /kernels` says what can be computed.

use std::convert::Infallible;

use lambda_http::{
    Request, RequestExt, Response,
    http::{Method, StatusCode},
};
use pgfold_adapters::http;
use pgfold_core::{Error, JobControl, JobState, TaskId, job_state, kernel};
use serde_json::{Map, Value, json};

/// Answers a request to the API.
///
/// API Gateway has matched the path; the method, and whether it names a job, are left to tell the
/// routes apart.
pub async fn handler(
    control: &JobControl<'_>,
    request: Request,
) -> Result<Response<String>, Infallible> {
    let parameters = request.path_parameters();
    let (done, problem) = match (request.method(), parameters.first("task_id")) {
        (&Method::GET, None) => (Ok(json!({ "kernels": kernel::descriptions() })), "unknown"),
        (&Method::GET, Some(task_id)) => (tell(control, task_id).await, "task unknown"),
        (&Method::DELETE, task_id) => {
            (cancel(control, task_id.unwrap_or_default()).await, "task not cancelled")
        }
        (_, task_id) => (retry(control, task_id.unwrap_or_default()).await, "task not retried"),
    };
    Ok(match done {
        Ok(answer) => http::json(StatusCode::OK, &answer),
        Err(error) => http::error(problem, &error),
    })
}

async fn tell(control: &JobControl<'_>, task_id: &str) -> Result<Value, Error> {
    let task_id: TaskId = task_id.parse()?;
    let (state, more) = match job_state(control.store, control.clock, task_id).await? {
        JobState::Pending { done, total } => {
            ("pending", json!({ "chunks_done": done, "chunks": total }))
        }
        JobState::Completed(completed) => {
            let mut more = Map::from_iter([("answer".to_owned(), completed.answer.clone())]);
            more.extend(http::completed(&completed));
            ("completed", Value::Object(more))
        }
        JobState::Failed { reason, chunks } => {
            ("failed", json!({ "error": reason, "failed_chunks": http::failed_chunks(&chunks) }))
        }
        JobState::Cancelled => ("cancelled", json!({})),
        JobState::Expired => ("expired", json!({})),
    };
    let mut told = json!({ "task_id": task_id, "state": state });
    if let (Value::Object(told), Value::Object(more)) = (&mut told, more) {
        told.extend(more);
    }
    Ok(told)
}

async fn cancel(control: &JobControl<'_>, task_id: &str) -> Result<Value, Error> {
    let task_id: TaskId = task_id.parse()?;
    control.cancel(task_id).await?;
    Ok(json!({ "status": "task cancelled", "task_id": task_id }))
}

async fn retry(control: &JobControl<'_>, task_id: &str) -> Result<Value, Error> {
    let task_id: TaskId = task_id.parse()?;
    let chunks = control.retry(task_id).await?;
    Ok(json!({ "status": "task submitted", "task_id": task_id, "chunks": chunks }))
}
