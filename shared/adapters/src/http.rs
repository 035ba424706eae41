//! What HTTP requests say, and core's results and errors as HTTP responses.

mod body;
mod prefer;
mod query;
mod size;

pub use body::{Unsupported, json_body};
pub use prefer::wait;
pub use query::Query;
pub use size::{LARGEST_ANSWER, fits, shortened};

use aws_sdk_sqs::primitives::{DateTime, DateTimeFormat};
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use pgfold_core::{
    BlockRange, ChunkIndex, ChunkRange, Completed, CompletedChunk, Error, FailedChunk, JobId,
    Receipt, Timestamp, Trace, TraceId, bounded,
};
use serde_json::{Map, Value, json};
use tracing::{Span, error_span, field};

/// The state of a job changes, so no answer is to be kept.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// In how many seconds to ask again what was answered 503.
const SOON: HeaderValue = HeaderValue::from_static("5");

/// Where a request stands in a trace, if it says so in a way that can be understood: as Lambda has
/// it of the invocation, which `lambda_http` writes over what the caller said.
pub fn trace(headers: &HeaderMap) -> Option<Trace> {
    headers.get("x-amzn-trace-id")?.to_str().ok()?.parse().ok()
}

/// The span of a request, whose fields are in every line that is logged in it: `task_id` and
/// `trace_id` of the job, once [`about_job`] and [`of_trace`] have said
/// them. It is of level ERROR so that it is there
/// whatever level is logged.
pub fn span() -> Span {
    error_span!("request", task_id = field::Empty, trace_id = field::Empty)
}

/// Records in the current [`span`] which job the request is about.
pub fn about_job(job_id: JobId) {
    Span::current().record("task_id", field::display(job_id));
}

/// Records in the current [`span`] the trace of that job.
pub fn of_trace(trace_id: TraceId) {
    Span::current().record("trace_id", field::display(trace_id));
}

/// A response with a JSON body.
pub fn json(status: StatusCode, body: &Value) -> Response<String> {
    respond(status, "application/json", format!("{body}\n"))
}

/// The same, with the body that `smaller` makes of one that is larger than [`LARGEST_ANSWER`].
pub fn json_within(
    status: StatusCode,
    body: Value,
    smaller: impl FnOnce(Value) -> Value,
) -> Response<String> {
    let text = format!("{body}\n");
    match fits(&text) {
        true => respond(status, "application/json", text),
        false => json(status, &smaller(body)),
    }
}

/// A response whose body is JSON already.
pub fn json_text(body: &str) -> Response<String> {
    respond(StatusCode::OK, "application/json", body.to_owned())
}

/// A response with a body of plain text.
pub fn text(status: StatusCode, body: &str) -> Response<String> {
    respond(status, "text/plain; charset=utf-8", body.to_owned())
}

/// A page of HTML, whose only script and style are those that it has in itself: `policy` is its
/// Content-Security-Policy.
pub fn html(body: &str, policy: &str) -> Response<String> {
    let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", body.to_owned());
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A response without a body.
pub fn no_content() -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// A chunk by its index and its rows: `start` and `end` of their keys, `null` where the chunk is
/// open; or their `blocks`, with the number of the relation.
pub fn chunk(chunk: ChunkIndex, range: &ChunkRange) -> Map<String, Value> {
    let blocks = |range: &BlockRange| {
        let (relation, start, end) = (range.relation(), range.start(), range.end());
        json!({ "relation": relation, "start": start, "end": end })
    };
    let mut shown = Map::new();
    let mut show = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    show("chunk", json!(chunk));
    match range {
        ChunkRange::Keys(keys) => {
            show("start", json!(keys.start()));
            show("end", json!(keys.end()));
        }
        ChunkRange::Blocks(ranges) => {
            show("blocks", ranges.iter().map(blocks).collect());
        }
    }
    shown
}

/// Which receipts of a job's chunks an answer has: the query parameter `receipts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Receipts {
    /// Those of all chunks.
    #[default]
    All,
    /// None, and no chunks.
    None,
}

impl Receipts {
    /// What a request asks for.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the words that are allowed.
    pub fn asked(query: &Query<'_>) -> Result<Self, Error> {
        let words = [("all", Self::All), ("none", Self::None)];
        Ok(query.word("receipts", &words)?.unwrap_or_default())
    }
}

/// What is told of a completed job besides its answer.
pub fn completed(completed: &Completed, receipts: Receipts) -> Map<String, Value> {
    let fields = json!({
        "rows": completed.rows,
        "skipped": completed.skipped,
        "estimated_rows": completed.estimated_rows,
        "execution": completed.execution,
        "consistency": completed.consistency,
        "consistency_reached": completed.consistency_reached,
        "elapsed_ms": completed.elapsed_ms,
        "map_ms": completed.map_ms,
        "failed_attempts": completed.failed_attempts,
        "balance": completed.balance,
        "cost_usd": completed.cost_usd,
    });
    let Value::Object(mut shown) = fields else { return Map::new() };
    if let Some(held_ms) = completed.held_ms {
        shown.insert("snapshot_held_ms".to_owned(), held_ms.into());
    }
    if let Receipts::All = receipts {
        shown.insert("chunks".to_owned(), completed.chunks.iter().map(completed_chunk).collect());
    }
    shown
}

fn completed_chunk(CompletedChunk { chunk, receipt, discarded }: &CompletedChunk) -> Value {
    let mut shown = self::chunk(*chunk, &receipt.range);
    shown.extend(self::receipt(receipt, *discarded));
    Value::Object(shown)
}

/// Returns the receipt of a chunk, with how many of its duplicates were discarded.
pub fn receipt(receipt: &Receipt, discarded: u32) -> Map<String, Value> {
    let numbers = [
        ("rows", receipt.rows),
        ("skipped", receipt.skipped),
        ("attempts", receipt.attempts.into()),
        ("duplicates_discarded", discarded.into()),
        ("queue_ms", receipt.queue_ms),
        ("map_ms", receipt.map_ms),
        ("read_ms", receipt.read_ms),
        ("fold_ms", receipt.fold_ms),
    ];
    let mut shown = Map::from_iter(numbers.map(|(name, number)| (name.to_owned(), number.into())));
    shown.insert("snapshot".to_owned(), receipt.snapshot.as_str().into());
    shown.insert("recorded_at".to_owned(), timestamp(receipt.recorded_at));
    shown
}

/// A moment, to the millisecond: `"2026-11-22T12:00:00.123Z"`.
pub fn timestamp(at: Timestamp) -> Value {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_millis(millis).fmt(DateTimeFormat::DateTime).map_or(Value::Null, Value::String)
}

/// The chunks for which a job failed, each with the reason.
pub fn failed_chunks(chunks: &[FailedChunk]) -> Value {
    chunks.iter().map(|failed| json!({ "chunk": failed.chunk, "error": failed.reason })).collect()
}

/// An error as `{"status": …, "error": …}`: `status` says in the demo's words what did not
/// happen, `error` in a sentence why.
pub fn error(status: &str, error: &Error) -> Response<String> {
    let code = status_code(error);
    if code.is_server_error() {
        tracing::error!(error = error.with_causes(), "{status}");
    }
    let mut response = json(code, &json!({ "status": status, "error": bounded(error) }));
    if code == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, SOON);
    }
    response
}

/// The same for a body that cannot be read, with the header that says what would be.
pub fn unsupported(status: &str, unsupported: &Unsupported) -> Response<String> {
    let error = json!({ "status": status, "error": unsupported.to_string() });
    let mut response = json(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error);
    let (name, value) = unsupported.supported();
    response.headers_mut().insert(name, value);
    response
}

/// Whose fault an error is, and whether trying again may help.
fn status_code(error: &Error) -> StatusCode {
    match error {
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::AlreadyExists(_)
        | Error::AlreadyCompleted(_)
        | Error::Ended { .. }
        | Error::OtherPlan(_) => StatusCode::CONFLICT,
        Error::Unavailable { .. }
        | Error::TimedOut { .. }
        | Error::OtherSource(_)
        | Error::SnapshotGone(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Misconfigured(_) | Error::Kernel { .. } | Error::Corrupt { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}
