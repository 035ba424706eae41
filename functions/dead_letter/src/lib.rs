//! Tells jobs of the chunks that nobody will deliver any more.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::deliver;
use pgfold_core::{Delivery, MapTask, Queue, Store, give_up};

/// What a job is told of a chunk that no mapper has said anything about.
const REASON: &str = "every mapper that it was delivered to ended without a word: killed, out of \
                      memory or out of time";

/// Has the job of each dead letter say why its chunk is missing. What the last mapper said of it
/// before stays.
///
/// A dead letter that fits no job comes back; `queue`, which delivers it `max_attempts` times,
/// then puts it aside for people to look at.
///
/// # Errors
/// If a message has no id to report it by.
pub async fn handler(
    store: &dyn Store,
    queue: &dyn Queue,
    max_attempts: u32,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let LambdaEvent { payload, context } = event;
    let tell = async |body: &str, _: Delivery| {
        let task = MapTask::from_json(body)?;
        give_up(store, &task, REASON).await?;
        tracing::error!(task_id = %task.task_id, chunk = task.chunk.0, "chunk given up");
        Ok(())
    };
    Ok(deliver(queue, &payload, max_attempts, context.env_config.memory, tell).await?)
}
