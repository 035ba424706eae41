//! Handles the messages of an SQS event one by one.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use pgfold_core::{
    ChunkIndex, ChunkTask, Error, JobId, Queue, Reminder, Result, Timestamp, Trace, TraceId,
};
use tracing::{Instrument, Span, error_span, field};

use crate::xray;

/// The error of a message without an id, so that it cannot be reported. SQS sets the id of every
/// message.
#[derive(Debug, thiserror::Error)]
#[error("a message without a messageId")]
pub struct NoMessageId;

/// The content of a message, which concerns one job.
pub trait Content: Sized {
    /// Reads the content from the body of a message.
    ///
    /// # Errors
    /// If the body cannot be read. The error does not quote the body.
    fn from_body(body: &str) -> Result<Self>;

    /// Returns the job.
    fn job_id(&self) -> JobId;

    /// Returns the chunk, if it concerns one.
    fn chunk(&self) -> Option<ChunkIndex>;

    /// Returns the trace of the job.
    fn trace(&self) -> &Trace;
}

impl Content for ChunkTask {
    fn from_body(body: &str) -> Result<Self> {
        Self::from_json(body)
    }

    fn job_id(&self) -> JobId {
        self.job_id
    }

    fn chunk(&self) -> Option<ChunkIndex> {
        Some(self.chunk)
    }

    fn trace(&self) -> &Trace {
        &self.trace
    }
}

impl Content for Reminder {
    fn from_body(body: &str) -> Result<Self> {
        Self::from_json(body)
    }

    fn job_id(&self) -> JobId {
        self.job_id
    }

    fn chunk(&self) -> Option<ChunkIndex> {
        None
    }

    fn trace(&self) -> &Trace {
        &self.trace
    }
}

/// A delivered message.
#[derive(Debug, Clone)]
pub struct Received<T = ChunkTask> {
    /// The content of the message.
    pub task: T,
    /// The number of deliveries of the message, this one included.
    pub attempt: u32,
    /// When the message was sent; `None` if the queue does not report it.
    pub sent_at: Option<Timestamp>,
    /// When the message was delivered for the first time; `None` if the queue does not report it.
    pub first_received_at: Option<Timestamp>,
}

/// Calls `handle` with each message, one after the other. Returns the messages that failed or
/// cannot be read, which the queue delivers again; it deletes the others. So a bad message neither
/// fails its batch nor slows the polling of the queue, as an error would.
///
/// `backoff` returns the delay of a failed message from the number of its deliveries and the error.
/// If the delay cannot be set, the queue's own delay applies.
///
/// Every line that is logged meanwhile has the fields of a span: `message_id`, `attempt`,
/// `task_id`, `chunk` if it concerns one, and the `trace_id` of the job.
///
/// # Errors
/// If a message has no id.
pub async fn deliver<T: Content>(
    queue: &dyn Queue,
    event: &SqsEvent,
    backoff: impl Fn(u32, &Error) -> Duration,
    handle: impl AsyncFn(Received<T>) -> Result<()>,
) -> Result<SqsBatchResponse, NoMessageId> {
    let mut response = SqsBatchResponse::default();
    for message in &event.records {
        let id = message.message_id.as_deref().ok_or(NoMessageId)?;
        let attempt = attempt(message);
        let span = span(message, attempt);
        let handled = async {
            let Err(error) = handle_one(message, attempt, &handle).await else { return true };
            let backoff = backoff(attempt, &error);
            // The body is not logged, because a message that cannot be read may contain anything.
            tracing::error!(?backoff, error = error.with_causes(), "message comes back");
            let receipt = message.receipt_handle.as_deref().unwrap_or_default();
            if let Err(error) = queue.delay(receipt, backoff).await {
                tracing::warn!(error = error.with_causes(), "backoff not set");
            }
            false
        };
        if !handled.instrument(span).await {
            response.add_failure(id);
        }
    }
    Ok(response)
}

/// Makes the span of a delivery. Its level is ERROR so that it exists at every log level.
fn span(message: &SqsMessage, attempt: u32) -> Span {
    error_span!(
        "delivery",
        message_id = message.message_id,
        attempt,
        task_id = field::Empty,
        chunk = field::Empty,
        trace_id = field::Empty,
    )
}

async fn handle_one<T: Content>(
    message: &SqsMessage,
    attempt: u32,
    handle: &impl AsyncFn(Received<T>) -> Result<()>,
) -> Result<()> {
    let task = T::from_body(message.body.as_deref().unwrap_or_default());
    let span = Span::current();
    if let Ok(task) = &task {
        span.record("task_id", field::display(task.job_id()));
        if let Some(chunk) = task.chunk() {
            span.record("chunk", chunk.0);
        }
    }
    if let Some(trace_id) = trace_id(message, task.as_ref().ok()) {
        span.record("trace_id", field::display(trace_id));
    }
    let millis = |name| number(message, name).map(Timestamp::from_millis);
    handle(Received {
        task: task?,
        attempt,
        sent_at: millis("SentTimestamp"),
        first_received_at: millis("ApproximateFirstReceiveTimestamp"),
    })
    .await
}

/// Returns the trace of a message: its own if the message can be read, otherwise the queue's.
fn trace_id<T: Content>(message: &SqsMessage, task: Option<&T>) -> Option<TraceId> {
    let attribute = || Some(xray::read(message.attributes.get(xray::MESSAGE_ATTRIBUTE)?)?.id);
    task.map(|task| task.trace().id.clone()).or_else(attribute)
}

fn attempt(message: &SqsMessage) -> u32 {
    let count = number(message, "ApproximateReceiveCount");
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
}

fn number(message: &SqsMessage, attribute: &str) -> Option<u64> {
    message.attributes.get(attribute)?.parse().ok()
}
