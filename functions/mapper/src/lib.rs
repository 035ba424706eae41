//! The handler of chunk tasks: folds the chunks that the queue delivers.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{Attempts, Invocation, Metrics, Work};
use pgfold_core::{Mapper, Queue};

/// Folds the chunk of each message. `max_attempts` is the most deliveries of a message by `queue`.
///
/// # Errors
/// If a message has no id.
pub async fn handler(
    mapper: &Mapper<'_>,
    queue: &dyn Queue,
    metrics: &Metrics,
    max_attempts: u32,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let LambdaEvent { payload, context } = event;
    let memory_mb = u32::try_from(context.env_config.memory).unwrap_or_default();
    let invocation = Invocation { deadline: context.deadline(), memory_mb };
    let attempts = Attempts { worker: mapper, work: Work::Chunks, queue, max_attempts, metrics };
    Ok(attempts.at_each(&payload, invocation).await?)
}
