//! Tells jobs of the chunks that nobody will deliver any more.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{Metric, Metrics, Received, Subject, deliver};
use pgfold_core::{Clock, Error, Queue, Reason, Store, backoff, give_up};

/// The reason of a chunk whose mappers could say nothing more.
const REASON: &str = "given up: no mapper that it was delivered to could say why; they were \
                      killed, ran out of memory or time, or did not reach the store";

/// Has the job of each dead letter say why its chunk is missing. What the last mapper said of it
/// before stays.
///
/// A dead letter that cannot be read, or fits another plan than its job's, goes back to `queue`,
/// which puts it aside for people to look at when that has happened a few times: at once, for it
/// was long under way. One of a job that the store does not know is dropped: nobody waits for it.
///
/// # Errors
/// If a message has no id to report it by.
pub async fn handler(
    store: &dyn Store,
    clock: &dyn Clock,
    queue: &dyn Queue,
    metrics: &Metrics,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let reason = Reason::new(REASON);
    let tell = async |Received { task, .. }: Received| {
        match give_up(store, clock, &task, &reason).await? {
            None => {
                tracing::error!("chunk given up");
                metrics.count(clock.now(), &[(Metric::ChunksGivenUp, 1)], Subject::from(&task));
            }
            Some(why) => tracing::info!(why = why.sentence(), "dead letter dropped"),
        }
        Ok(())
    };
    let backoff = |attempt, error: &Error| {
        if error.is_retryable() { backoff(attempt) } else { Duration::ZERO }
    };
    Ok(deliver(queue, &event.payload, backoff, tell).await?)
}
