//! Acts on jobs that were submitted: `DELETE /tasks/{task_id}` cancels one,
//! `POST /tasks/{task_id}/retry` sends its missing chunks again.

use std::convert::Infallible;

use lambda_http::{
    Request, RequestExt, Response,
    http::{Method, StatusCode},
};
use pgfold_adapters::http;
use pgfold_core::{Clock, Error, JobPolicy, Queue, Store, TaskId, retry};
use serde_json::{Value, json};

/// What the function works with.
pub struct Monitor<'a> {
    /// Keeps the jobs.
    pub store: &'a dyn Store,
    /// Takes the messages to the mappers.
    pub queue: &'a dyn Queue,
    /// Dates what is done.
    pub clock: &'a dyn Clock,
    /// How long a job may take once it has been taken up again.
    pub policy: JobPolicy,
}

/// Answers a request to the API.
///
/// API Gateway has matched the path; the method is left to tell the routes apart.
pub async fn handler(
    monitor: &Monitor<'_>,
    request: Request,
) -> Result<Response<String>, Infallible> {
    let parameters = request.path_parameters();
    let task_id = parameters.first("task_id").unwrap_or_default();
    let (done, problem) = if request.method() == Method::DELETE {
        (monitor.cancel(task_id).await, "task not cancelled")
    } else {
        (monitor.retry(task_id).await, "task not retried")
    };
    Ok(match done {
        Ok(answer) => http::json(StatusCode::OK, &answer),
        Err(error) => http::error(problem, &error),
    })
}

impl Monitor<'_> {
    async fn cancel(&self, task_id: &str) -> Result<Value, Error> {
        let task_id: TaskId = task_id.parse()?;
        self.store.cancel(task_id, self.clock.now()).await?;
        Ok(json!({ "status": "task cancelled", "task_id": task_id }))
    }

    async fn retry(&self, task_id: &str) -> Result<Value, Error> {
        let task_id: TaskId = task_id.parse()?;
        let now = self.clock.now();
        let deadline = now + self.policy.deadline;
        let chunks = retry(self.queue, self.store, task_id, now, deadline).await?;
        Ok(json!({ "status": "task submitted", "task_id": task_id, "chunks": chunks }))
    }
}
