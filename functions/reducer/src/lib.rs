//! The handler of reductions: merges the partitions that the queue delivers.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{Attempts, Invocation, Metrics, Work};
use pgfold_core::{Queue, Reducer};

/// Merges the partition of each message. `max_attempts` is the most deliveries of a message by
/// `queue`.
///
/// # Errors
/// If a message has no id.
pub async fn handler(
    reducer: &Reducer<'_>,
    queue: &dyn Queue,
    metrics: &Metrics,
    max_attempts: u32,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let LambdaEvent { payload, context } = event;
    let memory_mb = u32::try_from(context.env_config.memory).unwrap_or_default();
    let invocation = Invocation { deadline: context.deadline(), memory_mb };
    let attempts =
        Attempts { worker: reducer, work: Work::Partitions, queue, max_attempts, metrics };
    Ok(attempts.at_each(&payload, invocation).await?)
}
