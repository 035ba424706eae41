//! Folds the chunks that the queue delivers.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Context, LambdaEvent};
use pgfold_core::{Delivery, Error, MapTask, Mapped, Mapper, Recorded};

/// What is left of the invocation's time to tell the job that a chunk took too long.
const REPORT_TIME: Duration = Duration::from_secs(2);

/// Folds the chunk of each message, one after the other; `max_attempts` is how often the queue
/// delivers a message.
///
/// Reports the messages that are to come back; the queue deletes the others. One bad message
/// neither fails its batch nor slows the polling of the queue, as an error would.
///
/// # Errors
/// If a message has no id to report it by.
pub async fn handler(
    mapper: &Mapper<'_>,
    max_attempts: u32,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let mut response = SqsBatchResponse::default();
    for message in &event.payload.records {
        let id = message.message_id.as_deref().ok_or("a message without a messageId")?;
        let delivery = Delivery {
            attempt: attempt(message),
            max_attempts,
            memory_mb: u32::try_from(event.context.env_config.memory).unwrap_or_default(),
        };
        if let Err(error) = map(mapper, message, delivery, &event.context).await {
            // The body is left out: a message that cannot be read may hold anything.
            let (attempt, error) = (delivery.attempt, error.with_causes());
            tracing::error!(message.id = id, attempt, error, "chunk comes back to the queue");
            response.add_failure(id);
        }
    }
    Ok(response)
}

/// Folds the chunk of one message.
///
/// # Errors
/// Says why the message is to come back.
async fn map(
    mapper: &Mapper<'_>,
    message: &SqsMessage,
    delivery: Delivery,
    context: &Context,
) -> Result<(), Error> {
    let task = MapTask::from_json(message.body.as_deref().unwrap_or_default())?;
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let limit = left.saturating_sub(REPORT_TIME);
    let error = match tokio::time::timeout(limit, mapper.map(&task, delivery)).await {
        Ok(Ok(mapped)) => {
            log(&task, delivery, &mapped);
            return Ok(());
        }
        Ok(Err(error)) => error,
        Err(_) => Error::TimedOut { what: format!("chunk {}", task.chunk), limit },
    };
    if let Err(unsaid) = mapper.give_up(&task, delivery, &error).await {
        tracing::error!(error = unsaid.with_causes(), "the job is not told why");
    }
    Err(error)
}

/// How often the message was delivered, this time included.
fn attempt(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn log(task: &MapTask, Delivery { attempt, .. }: Delivery, mapped: &Mapped) {
    let (task_id, chunk) = (task.task_id, task.chunk.0);
    match mapped {
        Mapped::Recorded(recorded, receipt) => {
            let Recorded { first, missing } = *recorded;
            let (rows, map_ms) = (receipt.rows, receipt.map_ms);
            tracing::info!(%task_id, chunk, attempt, rows, map_ms, first, missing, "chunk folded");
        }
        Mapped::Skipped(why) => tracing::info!(%task_id, chunk, attempt, why, "chunk skipped"),
        Mapped::Failed(reason) => {
            tracing::error!(%task_id, chunk, attempt, reason, "chunk failed");
        }
    }
}
