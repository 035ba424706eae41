//! Folds the chunks that the queue delivers.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{Context, Error, LambdaEvent};
use pgfold_core::{Delivery, MapTask, Mapped, Mapper, Recorded};

/// What is left of the invocation's time to say that a chunk took too long.
const REPORT_TIME: Duration = Duration::from_millis(500);

/// Folds the chunk of each message, one after the other.
///
/// Reports the messages that are to come back; the queue deletes the others. One bad message
/// neither fails its batch nor slows the polling of the queue, as an error would.
///
/// # Errors
/// If a message has no id to report it by.
pub async fn handler(
    mapper: &Mapper<'_>,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let mut response = SqsBatchResponse::default();
    for message in &event.payload.records {
        let id = message.message_id.as_deref().ok_or("a message without a messageId")?;
        if let Err(error) = map(mapper, message, &event.context).await {
            // The body is left out: a message that cannot be read may hold anything.
            tracing::error!(message.id = id, error, "chunk comes back to the queue");
            response.add_failure(id);
        }
    }
    Ok(response)
}

/// Folds the chunk of one message, or says why it is to come back.
async fn map(mapper: &Mapper<'_>, message: &SqsMessage, context: &Context) -> Result<(), String> {
    let task = MapTask::from_json(message.body.as_deref().unwrap_or_default())
        .map_err(|error| error.with_causes())?;
    let delivery = Delivery {
        attempt: attempt(message),
        memory_mb: u32::try_from(context.env_config.memory).unwrap_or_default(),
    };
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let mapped =
        tokio::time::timeout(left.saturating_sub(REPORT_TIME), mapper.map(&task, delivery))
            .await
            .map_err(|_| {
                format!("{} chunk {} took longer than {left:?}", task.task_id, task.chunk)
            })?
            .map_err(|error| format!("{} chunk {}: {error}", task.task_id, task.chunk))?;
    log(&task, delivery, &mapped);
    Ok(())
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
