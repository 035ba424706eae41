//! Shows the jobs that were submitted, and acts on them. Answers the health check, which must not
//! wait for submissions.
//!
//! | route | |
//! |---|---|
//! | `GET /` | that the API answers |
//! | `GET /dashboard` | the page that shows all of the following |
//! | `GET /tasks` | jobs, the newest first, and how full the queues are |
//! | `GET /tasks/{task_id}` | a job with its chunks, and its answer once it is there |
//! | `DELETE /tasks/{task_id}` | cancels it |
//! | `POST /tasks/{task_id}/retry` | sends its missing chunks again |
//! | `GET /kernels` | what can be computed |
//! | `GET /openapi.json` | the whole API, those routes that other functions serve too |

mod backlogs;
mod dashboard;
mod job;
mod query;

use std::convert::Infallible;

use lambda_http::{
    Request, RequestExt, Response,
    http::{Method, StatusCode},
};
use pgfold_adapters::http;
use pgfold_core::{Clock, Error, JobControl, JobId, Store, bounded, job_detail, kernel, list_jobs};
use serde_json::{Value, json};
use tracing::Instrument;

pub use crate::backlogs::Backlogs;
use crate::query::{ChunkSelection, job_query, nothing};

/// What the API is, in OpenAPI's terms. Its server is ".", where it was had from: the API may be
/// mounted below any path.
pub const OPENAPI: &str = include_str!("openapi.json");

/// What the function reads and acts on.
pub struct Jobs<'a> {
    /// The jobs, to look at and to act on.
    pub control: JobControl<'a>,
    /// The queues.
    pub backlogs: Backlogs<'a>,
}

/// Answers a request to the API.
///
/// API Gateway has matched the path; the method, the job that it names, or its last part are left
/// to tell the routes apart.
pub async fn handler(jobs: &Jobs<'_>, request: Request) -> Result<Response<String>, Infallible> {
    let mut response = respond(jobs, &request).instrument(http::span()).await;
    if request.method() == Method::HEAD {
        response.body_mut().clear();
    }
    Ok(response)
}

async fn respond(jobs: &Jobs<'_>, request: &Request) -> Response<String> {
    let parameters = request.path_parameters();
    let page = request.uri().path().rsplit('/').next().unwrap_or_default();
    let (done, problem) = match (request.method(), parameters.first("task_id"), page) {
        (&Method::GET | &Method::HEAD, None, "dashboard") => return dashboard::response(),
        (&Method::GET, None, "openapi.json") => (describe(request), "description unknown"),
        (&Method::GET, None, "tasks") => (jobs.list(request).await, "tasks unknown"),
        (&Method::GET, None, "kernels") => (kernels(request), "kernels unknown"),
        // The path ends with whatever the API is mounted below.
        (&Method::GET | &Method::HEAD, None, _) => {
            return http::text(StatusCode::OK, "Hello, World!\n");
        }
        (&Method::GET, Some(job_id), _) => (jobs.tell(job_id, request).await, "task unknown"),
        (&Method::DELETE, Some(job_id), _) => {
            (jobs.cancel(job_id, request).await, "task not cancelled")
        }
        (&Method::POST, Some(job_id), _) => (jobs.retry(job_id, request).await, "task not retried"),
        (method, ..) => {
            let why = format!("there is no route {method} {}", request.uri().path());
            let unknown = json!({ "status": "route unknown", "error": bounded(why) });
            return http::json(StatusCode::NOT_FOUND, &unknown);
        }
    };
    done.unwrap_or_else(|error| http::error(problem, &error))
}

fn describe(request: &Request) -> Result<Response<String>, Error> {
    nothing(&request.query_string_parameters())?;
    Ok(http::json_text(OPENAPI))
}

fn kernels(request: &Request) -> Result<Response<String>, Error> {
    nothing(&request.query_string_parameters())?;
    Ok(http::json(StatusCode::OK, &json!({ "kernels": kernel::descriptions() })))
}

impl Jobs<'_> {
    async fn list(&self, request: &Request) -> Result<Response<String>, Error> {
        let query = job_query(&request.query_string_parameters())?;
        let (store, clock) = self.store();
        let jobs = list_jobs(store, clock, query);
        // Who turns the pages has seen the queues.
        let (page, queue) = match query.before {
            None => tokio::join!(jobs, self.backlogs.told()),
            Some(_) => (jobs.await, Value::Null),
        };
        let (page, now) = (page?, clock.now());
        let tasks: Vec<Value> = page.jobs.iter().map(|listed| job::listed(listed, now)).collect();
        let mut told = json!({ "tasks": tasks, "next": page.next });
        if query.before.is_none() {
            told["queue"] = queue;
        }
        Ok(http::json(StatusCode::OK, &told))
    }

    async fn tell(&self, job_id: &str, request: &Request) -> Result<Response<String>, Error> {
        let job_id = about(job_id)?;
        let chunks = ChunkSelection::new(&request.query_string_parameters())?;
        let (store, clock) = self.store();
        let detail = job_detail(store, clock, job_id).await?;
        http::of_trace(detail.progress.job.trace().id);
        let answer = job::detailed(&detail, chunks, clock.now());
        Ok(http::json_within(StatusCode::OK, answer, |answer| http::shortened(answer, job_id)))
    }

    async fn cancel(&self, job_id: &str, request: &Request) -> Result<Response<String>, Error> {
        let job_id = about(job_id)?;
        nothing(&request.query_string_parameters())?;
        let job = self.control.cancel(job_id).await?;
        http::of_trace(job.trace().id);
        tracing::info!("task cancelled");
        let answer = json!({ "status": "task cancelled", "task_id": job_id });
        Ok(http::json(StatusCode::OK, &answer))
    }

    async fn retry(&self, job_id: &str, request: &Request) -> Result<Response<String>, Error> {
        let job_id = about(job_id)?;
        nothing(&request.query_string_parameters())?;
        let (job, chunks) = self.control.retry(job_id).await?;
        let trace_id = job.trace().id;
        http::of_trace(trace_id);
        tracing::info!(chunks, "task taken up again");
        let answer = json!({
            "status": "task submitted",
            "task_id": job_id,
            "chunks": chunks,
            "trace_id": trace_id,
        });
        Ok(http::json(StatusCode::OK, &answer))
    }

    fn store(&self) -> (&dyn Store, &dyn Clock) {
        (self.control.store, self.control.clock)
    }
}

/// The job that a request names, which the log has from here on.
fn about(job_id: &str) -> Result<JobId, Error> {
    let job_id = job_id.parse()?;
    http::about_job(job_id);
    Ok(job_id)
}
