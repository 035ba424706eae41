//! Acts on jobs that were submitted: `DELETE /tasks/{task_id}` cancels one,
//! `POST /tasks/{task_id}/retry` sends its missing chunks again.

use std::convert::Infallible;

use lambda_http::{
    Request, RequestExt, Response,
    http::{Method, StatusCode},
};
use pgfold_adapters::http;
use pgfold_core::{Error, JobControl, TaskId};
use serde_json::{Value, json};

/// Answers a request to the API.
///
/// API Gateway has matched the path; the method is left to tell the routes apart.
pub async fn handler(
    control: &JobControl<'_>,
    request: Request,
) -> Result<Response<String>, Infallible> {
    let parameters = request.path_parameters();
    let task_id = parameters.first("task_id").unwrap_or_default();
    let (done, problem) = if request.method() == Method::DELETE {
        (cancel(control, task_id).await, "task not cancelled")
    } else {
        (retry(control, task_id).await, "task not retried")
    };
    Ok(match done {
        Ok(answer) => http::json(StatusCode::OK, &answer),
        Err(error) => http::error(problem, &error),
    })
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
