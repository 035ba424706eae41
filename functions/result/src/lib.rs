//! Tells the result of a job: `GET /get_min_distance/{task_id}`.

use std::{convert::Infallible, time::Duration};

use lambda_http::{
    Request, RequestExt, Response,
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
};
use pgfold_adapters::http;
use pgfold_core::{Clock, Completed, Error, JobState, Store, TaskId, TraceId, traced_state};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

/// The most seconds that a caller may have a request wait; API Gateway gives up after 30.
const LONGEST_WAIT: u64 = 20;

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
        match state(store, clock, &request).await {
            Ok((trace_id, state)) => told(trace_id, state),
            Err(error) => http::error(WRONG, &error),
        }
    };
    Ok(respond.instrument(http::span()).await)
}

fn told(trace_id: TraceId, state: JobState) -> Response<String> {
    // Those who poll would fill the log.
    if !matches!(state, JobState::Pending { .. }) {
        http::of_trace(trace_id);
        tracing::info!(state = state.status().name(), "result told");
    }
    match state {
        JobState::Pending { done, total } => pending(done, total),
        JobState::Completed(completed) => http::json(StatusCode::OK, &result(&completed, trace_id)),
        JobState::Failed { reason, chunks } => http::json(
            StatusCode::INTERNAL_SERVER_ERROR,
            &json!({
                "status": WRONG,
                "error": reason,
                "trace_id": trace_id,
                "failed_chunks": http::failed_chunks(&chunks),
            }),
        ),
        JobState::Cancelled => gone("the task was cancelled"),
        JobState::Expired => gone("the task and its result have expired"),
    }
}

/// The state of the job, or what becomes of it while the request is willing to wait.
async fn state(
    store: &dyn Store,
    clock: &dyn Clock,
    request: &Request,
) -> Result<(TraceId, JobState), Error> {
    let parameters = request.path_parameters();
    let task_id: TaskId = parameters.first("task_id").unwrap_or_default().parse()?;
    http::about_task(task_id);
    let patience = Instant::now() + wait(request.headers());
    loop {
        let (trace_id, state) = traced_state(store, clock, task_id).await?;
        if let JobState::Completed(completed) = &state
            && completed.answer.get("distance").is_none()
        {
            // Not to be taken for a table without a distance.
            return Err(Error::Invalid(format!(
                "task {task_id} is not of the kernel min_distance; GET /tasks/{task_id} tells its \
                 answer"
            )));
        }
        if !matches!(state, JobState::Pending { .. }) || Instant::now() >= patience {
            return Ok((trace_id, state));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// How long a request is willing to wait: `Prefer: wait=5` (RFC 7240). What else it prefers, and
/// what cannot be understood, is passed over, as that document asks.
fn wait(headers: &HeaderMap) -> Duration {
    let preferences = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let seconds = preferences
        .flat_map(|value| value.split([',', ';']))
        .filter_map(|preference| preference.trim().strip_prefix("wait="))
        .find_map(|seconds| seconds.parse::<u64>().ok());
    Duration::from_secs(seconds.unwrap_or_default().min(LONGEST_WAIT))
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

fn result(completed: &Completed, trace_id: TraceId) -> Value {
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
        fields.extend(http::completed(completed));
    }
    result
}
