//! Tells the result of a job: `GET /get_min_distance/{task_id}`.

use std::{convert::Infallible, time::Duration};

use lambda_http::{
    Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
};
use pgfold_adapters::http::{self, Query, Receipts};
use pgfold_core::{Clock, Completed, Error, JobId, JobState, Store, TraceId, traced_state};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

/// How long a caller may have a request wait; API Gateway gives up after 30 seconds.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How often a request that waits looks at the job.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The status of an answer that is no result, in the demo's words.
const WRONG: &str = "something went wrong";

/// Answers a request to the API.
pub async fn handler(
    store: &dyn Store,
    clock: &dyn Clock,
    request: Request,
) -> Result<Response<String>, Infallible> {
    let respond = async {
        answer(store, clock, &request).await.unwrap_or_else(|error| http::error(WRONG, &error))
    };
    Ok(respond.instrument(http::span()).await)
}

async fn answer(
    store: &dyn Store,
    clock: &dyn Clock,
    request: &Request,
) -> Result<Response<String>, Error> {
    let given = request.query_string_parameters();
    let receipts = Receipts::asked(&Query::new(&given, &["receipts"])?)?;
    let parameters = request.path_parameters();
    let job_id: JobId = parameters.first("task_id").unwrap_or_default().parse()?;
    http::about_job(job_id);
    let wait = http::wait(request.headers(), LONGEST_WAIT);
    let (trace_id, state) = state(store, clock, job_id, wait.unwrap_or_default()).await?;
    let mut response = told(job_id, trace_id, state, receipts);
    if let Some(wait) = wait
        && let Ok(applied) = HeaderValue::from_str(&format!("wait={}", wait.as_secs()))
    {
        response.headers_mut().insert("preference-applied", applied);
    }
    Ok(response)
}

fn told(job_id: JobId, trace_id: TraceId, state: JobState, receipts: Receipts) -> Response<String> {
    let shortened = |answer| http::shortened(answer, job_id);
    // Those who poll would fill the log.
    if !matches!(state, JobState::Pending { .. }) {
        http::of_trace(trace_id);
        tracing::info!(state = state.status().name(), "result told");
    }
    match state {
        JobState::Pending { done, total } => pending(done, total),
        JobState::Completed(completed) => {
            let result = result(&completed, trace_id, receipts);
            http::json_within(StatusCode::OK, result, shortened)
        }
        JobState::Failed { reason, chunks } => http::json_within(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({
                "status": WRONG,
                "error": reason,
                "trace_id": trace_id,
                "failed_chunks": http::failed_chunks(&chunks),
            }),
            shortened,
        ),
        JobState::Cancelled => gone("the task was cancelled"),
        JobState::Expired => gone("the task and its result have expired"),
    }
}

/// The state of the job, or what becomes of it while the request is willing to wait.
async fn state(
    store: &dyn Store,
    clock: &dyn Clock,
    job_id: JobId,
    wait: Duration,
) -> Result<(TraceId, JobState), Error> {
    let deadline = Instant::now() + wait;
    loop {
        let (trace_id, state) = traced_state(store, clock, job_id).await?;
        if let JobState::Completed(completed) = &state
            && completed.answer.get("distance").is_none()
        {
            // Not to be taken for a table without a distance.
            return Err(Error::Invalid(format!(
                "task {job_id} is not of the kernel min_distance; GET /tasks/{job_id} tells its \
                 answer"
            )));
        }
        if !matches!(state, JobState::Pending { .. }) || Instant::now() >= deadline {
            return Ok((trace_id, state));
        }
        sleep(LOOK_EVERY).await;
    }
}

fn gone(why: &str) -> Response<String> {
    http::json(StatusCode::GONE, &json!({ "status": WRONG, "error": why }))
}

fn pending(done: u16, total: u16) -> Response<String> {
    let mut response = http::no_content();
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    if let Ok(progress) = HeaderValue::from_str(&format!("{done}/{total}")) {
        headers.insert("x-chunks-done", progress);
    }
    response
}

fn result(completed: &Completed, trace_id: TraceId, receipts: Receipts) -> Value {
    let distance = &completed.answer["distance"];
    let mut result = json!({
        "status": "task completed",
        // A string, as in the demo; the shortest that reads back as the same number.
        "result": match distance {
            Value::Null => Value::Null,
            Value::String(infinity) => json!(infinity),
            number => json!(number.to_string()),
        },
        "distance": distance,
        "pair": completed.answer["pair"],
        "trace_id": trace_id,
    });
    if let Value::Object(fields) = &mut result {
        fields.extend(http::completed(completed, receipts));
    }
    result
}
