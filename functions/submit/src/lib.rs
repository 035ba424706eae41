//! Submits a job: `POST /compute_min_distance`. Answers the health check: `GET /`.

use std::convert::Infallible;

use lambda_http::{
    Request, Response,
    http::{Method, StatusCode},
};
use pgfold_adapters::{http, new_task_id};
use pgfold_core::{Error, IdempotencyKey, Job, JobRequest, Submitter};
use serde_json::json;

/// Answers a request to the API.
///
/// API Gateway has matched the path, to which stages and custom domains add their prefixes; the
/// method is left to tell the two routes apart.
pub async fn handler(
    submitter: &Submitter<'_>,
    request: Request,
) -> Result<Response<String>, Infallible> {
    if request.method() == Method::GET {
        return Ok(http::text(StatusCode::OK, "Hello, World!\n"));
    }
    Ok(match submit(submitter, &request).await {
        Ok(job) => http::json(
            StatusCode::OK,
            &json!({
                "status": "task submitted",
                "task_id": job.task_id,
                "chunks": job.chunks,
            }),
        ),
        Err(error) => http::error("task not submitted", &error),
    })
}

async fn submit(submitter: &Submitter<'_>, request: &Request) -> Result<Job, Error> {
    let job_request = JobRequest::from_body(request.body())?;
    match request.headers().get("idempotency-key") {
        None => submitter.submit(new_task_id(), job_request).await,
        Some(key) => {
            let unreadable =
                |_| Error::Invalid("an Idempotency-Key has ASCII characters".to_owned());
            let key = IdempotencyKey::new(key.to_str().map_err(unreadable)?)?;
            submitter.submit_once(&key, new_task_id(), job_request).await
        }
    }
}
