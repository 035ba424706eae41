//! Returns the result of a job: `GET /get_min_distance/{task_id}`.

use std::{convert::Infallible, ops::Range, time::Duration};

use async_trait::async_trait;
use lambda_http::{
    Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
};
use pgfold_api::{
    ErrorBody, FailedResult, MinDistanceResult, Problem, Route,
    server::{self, cost_usd, parameters::Receipts},
};
use pgfold_core::{
    Answer, Clock, Completed, Error, JobId, JobState, ObjectName, Objects, Store, TraceId,
    traced_state,
};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

/// How long a caller may have a request wait; API Gateway gives up after 30 seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How often a request that waits looks at the job.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Answers a request to the API.
pub async fn handler(
    store: &dyn Store,
    clock: &dyn Clock,
    request: Request,
) -> Result<Response<String>, Infallible> {
    Ok(respond(store, clock, &request).instrument(server::span()).await)
}

async fn respond(store: &dyn Store, clock: &dyn Clock, request: &Request) -> Response<String> {
    let parameters = request.path_parameters();
    let task_id = parameters.first("task_id");
    let (method, path) = (request.method().as_str(), raw_path(request));
    let Some(Route::MinDistanceResult) = Route::find(method, path, task_id) else {
        return server::unknown_route(method, path);
    };
    let answered = answer(store, clock, task_id.unwrap_or_default(), request).await;
    answered.unwrap_or_else(|error| server::error(Problem::NoResult, &error))
}

async fn answer(
    store: &dyn Store,
    clock: &dyn Clock,
    job_id: &str,
    request: &Request,
) -> Result<Response<String>, Error> {
    let receipts = Receipts::read(request.query_string_parameters().iter())?;
    let job_id: JobId = job_id.parse()?;
    server::about_job(job_id);
    let wait = server::wait(request.headers(), LONGEST_WAIT);
    let (trace_id, state) = state(store, clock, job_id, wait.unwrap_or_default()).await?;
    let mut response = response(job_id, trace_id, state, receipts);
    if let Some(wait) = wait
        && let Ok(applied) = HeaderValue::from_str(&format!("wait={}", wait.as_secs()))
    {
        response.headers_mut().insert("preference-applied", applied);
    }
    Ok(response)
}

fn response(
    job_id: JobId,
    trace_id: TraceId,
    state: JobState,
    receipts: Receipts,
) -> Response<String> {
    // Polls of a pending job would fill the log.
    if !matches!(state, JobState::Pending { .. }) {
        server::of_trace(&trace_id);
        tracing::info!(state = state.status().name(), "result told");
    }
    match state {
        JobState::Pending { done, total } => pending(done, total),
        JobState::Completed(completed) => {
            let result = result(completed, trace_id, receipts);
            server::json_within(StatusCode::OK, result, |result| result.shortened(job_id))
        }
        JobState::Failed { reason, chunks } => {
            let failed = FailedResult {
                status: Problem::NoResult.status().to_owned(),
                error: reason,
                trace_id: trace_id.into(),
                failed_chunks: chunks.iter().map(Into::into).collect(),
                failed_chunks_left_out: None,
            };
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            server::json_within(status, failed, FailedResult::shortened)
        }
        JobState::Cancelled => gone("the task was cancelled"),
        JobState::Expired => gone("the task and its result have expired"),
    }
}

/// Returns the state of the job once it has ended, or when `wait` is over.
async fn state(
    store: &dyn Store,
    clock: &dyn Clock,
    job_id: JobId,
    wait: Duration,
) -> Result<(TraceId, JobState), Error> {
    let deadline = Instant::now() + wait;
    loop {
        let (trace_id, state) = traced_state(store, &OtherKernel(job_id), clock, job_id).await?;
        if let JobState::Completed(completed) = &state
            // An answer of `compute` may be named "distance".
            && completed.answer().is_none_or(is_of_another)
        {
            // Not to be taken for a table without a distance.
            return Err(OtherKernel(job_id).error());
        }
        if !matches!(state, JobState::Pending { .. }) || Instant::now() >= deadline {
            return Ok((trace_id, state));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Returns whether an answer is not that of `min_distance`.
fn is_of_another(Answer { answer, skipped }: &Answer) -> bool {
    answer.get("distance").is_none() || !skipped.is_empty()
}

/// The objects of a job. The partials of `min_distance` are always in records, so a job that has
/// objects is of another kernel.
struct OtherKernel(JobId);

impl OtherKernel {
    fn error(&self) -> Error {
        let job_id = self.0;
        Error::Invalid(format!(
            "task {job_id} is not of the kernel min_distance; GET /tasks/{job_id} tells its answer"
        ))
    }
}

#[async_trait]
impl Objects for OtherKernel {
    async fn put(&self, _: &ObjectName, _: Vec<u8>) -> Result<(), Error> {
        Err(self.error())
    }

    async fn read(&self, _: &ObjectName, _: Range<u64>) -> Result<Vec<u8>, Error> {
        Err(self.error())
    }
}

fn gone(why: &str) -> Response<String> {
    server::json(StatusCode::GONE, &ErrorBody::new(Problem::NoResult, why))
}

fn pending(done: u16, total: u16) -> Response<String> {
    let mut response = server::no_content();
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    if let Ok(progress) = HeaderValue::from_str(&format!("{done}/{total}")) {
        headers.insert("x-chunks-done", progress);
    }
    response
}

fn result(completed: Completed, trace_id: TraceId, receipts: Receipts) -> MinDistanceResult {
    // It has an answer, or it were of another kernel.
    let answer = completed.answer().map(|answer| answer.answer.clone()).unwrap_or_default();
    let field = |name| answer.get(name).cloned().unwrap_or_default();
    let distance = field("distance");
    MinDistanceResult {
        status: "task completed".to_owned(),
        // A string, as in the demo; the shortest that reads back as the same number.
        result: match &distance {
            Value::Null => None,
            Value::String(infinity) => Some(infinity.clone()),
            number => Some(number.to_string()),
        },
        distance,
        pair: field("pair"),
        trace_id: trace_id.into(),
        rows: completed.rows,
        skipped: completed.skipped,
        estimated_rows: completed.estimated_rows,
        execution: completed.execution.into(),
        consistency: completed.consistency.into(),
        consistency_reached: completed.consistency_reached.into(),
        elapsed_ms: completed.elapsed_ms,
        map_ms: completed.map_ms,
        failed_attempts: completed.failed_attempts,
        balance: completed.balance,
        cost_usd: cost_usd(completed.usage),
        snapshot_held_ms: completed.held_ms,
        chunks: match receipts {
            Receipts::All => Some(completed.chunks.iter().map(Into::into).collect()),
            Receipts::None => None,
        },
        chunks_left_out: None,
    }
}

/// Returns the path as API Gateway sent it: a URI has it without what follows `?` or `#` in a job's
/// id, and with `..` resolved.
fn raw_path(request: &Request) -> &str {
    match request.raw_http_path() {
        "" => request.uri().path(),
        path => path,
    }
}
