//! An event of SQS as deliveries of single messages.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use pgfold_core::{Error, Queue, Result, Timestamp};

/// A message that has no id to report it by, which SQS gives every message.
#[derive(Debug, thiserror::Error)]
#[error("a message without a messageId")]
pub struct NoMessageId;

/// A message as it is delivered.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// What it says.
    pub body: &'a str,
    /// How often it was delivered, this time included.
    pub attempt: u32,
    /// When it was sent, if the queue says so.
    pub sent_at: Option<Timestamp>,
    /// When it was delivered for the first time, if the queue says so.
    pub first_received_at: Option<Timestamp>,
}

/// Has `handle` handle each message, one after the other, and reports those that are to come
/// back; the queue deletes the others. One bad message neither fails its batch nor slows the
/// polling of the queue, as an error would.
///
/// After an error a message comes back as soon as `backoff` says of the delivery and the error;
/// or, if `queue` cannot be asked for that, after the queue's own time.
///
/// # Errors
/// If a message has no id.
pub async fn deliver(
    queue: &dyn Queue,
    event: &SqsEvent,
    backoff: impl Fn(u32, &Error) -> Duration,
    handle: impl AsyncFn(Received<'_>) -> Result<()>,
) -> Result<SqsBatchResponse, NoMessageId> {
    let mut response = SqsBatchResponse::default();
    for message in &event.records {
        let id = message.message_id.as_deref().ok_or(NoMessageId)?;
        let received = received(message);
        let Err(error) = handle(received).await else { continue };
        let attempt = received.attempt;
        let backoff = backoff(attempt, &error);
        // The body is left out: a message that cannot be read may hold anything.
        let error = error.with_causes();
        tracing::error!(message.id = id, attempt, ?backoff, error, "message comes back");
        response.add_failure(id);
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(error) = queue.delay(receipt, backoff).await {
            tracing::warn!(message.id = id, error = error.with_causes(), "backoff not set");
        }
    }
    Ok(response)
}

fn received(message: &SqsMessage) -> Received<'_> {
    let number = |name| message.attributes.get(name)?.parse::<u64>().ok();
    let attempt = number("ApproximateReceiveCount").and_then(|count| u32::try_from(count).ok());
    Received {
        body: message.body.as_deref().unwrap_or_default(),
        attempt: attempt.unwrap_or(1),
        sent_at: number("SentTimestamp").map(Timestamp::from_millis),
        first_received_at: number("ApproximateFirstReceiveTimestamp").map(Timestamp::from_millis),
    }
}
