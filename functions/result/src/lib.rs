//! Tells the result of a job: `GET /get_min_distance/{task_id}`.

use std::convert::Infallible;

use lambda_http::{
    Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
};
use pgfold_adapters::http;
use pgfold_core::{
    ChunkIndex, Clock, Completed, Error, FailedChunk, JobState, Receipt, Store, TaskId, job_state,
};
use serde_json::{Value, json};

/// The status of an answer that is no result, in the demo's words.
const WRONG: &str = "something went wrong";

/// Answers a request to the API.
pub async fn handler(
    store: &dyn Store,
    clock: &dyn Clock,
    request: Request,
) -> Result<Response<String>, Infallible> {
    Ok(match state(store, clock, &request).await {
        Ok(JobState::Pending { done, total }) => pending(done, total),
        Ok(JobState::Completed(completed)) => http::json(StatusCode::OK, &result(&completed)),
        Ok(JobState::Failed { reason, chunks }) => http::json(
            StatusCode::INTERNAL_SERVER_ERROR,
            &json!({ "status": WRONG, "error": reason, "failed_chunks": failed(&chunks) }),
        ),
        Ok(JobState::Expired) => http::json(
            StatusCode::GONE,
            &json!({ "status": WRONG, "error": "the task and its result have expired" }),
        ),
        Err(error) => http::error(WRONG, &error),
    })
}

async fn state(store: &dyn Store, clock: &dyn Clock, request: &Request) -> Result<JobState, Error> {
    let parameters = request.path_parameters();
    let task_id: TaskId = parameters.first("task_id").unwrap_or_default().parse()?;
    job_state(store, clock, task_id).await
}

fn pending(done: usize, total: usize) -> Response<String> {
    let mut response = http::no_content();
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    if let Ok(progress) = HeaderValue::from_str(&format!("{done}/{total}")) {
        headers.insert("x-chunks-done", progress);
    }
    response
}

fn result(completed: &Completed) -> Value {
    let distance = &completed.answer["distance"];
    json!({
        "status": "task completed",
        // A string, as in the demo; the shortest that reads back as the same number.
        "result": match distance {
            Value::Null => Value::Null,
            Value::String(infinity) => json!(infinity),
            number => json!(number.to_string()),
        },
        "distance": distance,
        "pair": completed.answer["pair"],
        "rows": completed.rows,
        "skipped": completed.skipped,
        "consistency": completed.consistency,
        "same_snapshot": completed.same_snapshot,
        "elapsed_ms": completed.elapsed_ms,
        "cost_usd": completed.cost_usd,
        "chunks": completed.receipts.iter().map(receipt).collect::<Vec<_>>(),
    })
}

fn receipt((chunk, receipt): &(ChunkIndex, Receipt)) -> Value {
    json!({
        "chunk": chunk,
        "start": receipt.range.start(),
        "end": receipt.range.end(),
        "rows": receipt.rows,
        "skipped": receipt.skipped,
        "attempts": receipt.attempts,
        "map_ms": receipt.map_ms,
        "snapshot": receipt.snapshot,
    })
}

fn failed(chunks: &[FailedChunk]) -> Vec<Value> {
    chunks.iter().map(|failed| json!({ "chunk": failed.chunk, "error": failed.reason })).collect()
}
