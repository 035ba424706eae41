//! An event of SQS as deliveries of single messages.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use pgfold_core::{Delivery, Queue, Result};

/// A message that has not what SQS gives every message.
#[derive(Debug, thiserror::Error)]
#[error("a message without {0}")]
pub struct NoMessage(&'static str);

/// Has `handle` handle the body of each message, one after the other, and reports those that are
/// to come back; the queue deletes the others. One bad message neither fails its batch nor slows
/// the polling of the queue, as an error would.
///
/// A message comes back after a time that grows with its attempts and depends on the error
/// ([`Delivery::backoff`]); or, if `queue` cannot be asked for that, after the queue's own.
///
/// # Errors
/// If a message has no id to report it by.
pub async fn deliver(
    queue: &dyn Queue,
    event: &SqsEvent,
    max_attempts: u32,
    memory_mb: i32,
    handle: impl AsyncFn(&str, Delivery) -> Result<()>,
) -> Result<SqsBatchResponse, NoMessage> {
    let mut response = SqsBatchResponse::default();
    for message in &event.records {
        let id = message.message_id.as_deref().ok_or(NoMessage("a messageId"))?;
        let delivery = Delivery {
            attempt: attempt(message),
            max_attempts,
            memory_mb: u32::try_from(memory_mb).unwrap_or_default(),
        };
        let Err(error) = handle(message.body.as_deref().unwrap_or_default(), delivery).await else {
            continue;
        };
        let backoff = delivery.backoff(&error);
        // The body is left out: a message that cannot be read may hold anything.
        let (attempt, error) = (delivery.attempt, error.with_causes());
        tracing::error!(message.id = id, attempt, ?backoff, error, "message comes back");
        response.add_failure(id);
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(error) = queue.delay(receipt, backoff).await {
            tracing::warn!(message.id = id, error = error.with_causes(), "it takes its time");
        }
    }
    Ok(response)
}

/// How often the message was delivered, this time included.
fn attempt(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}
