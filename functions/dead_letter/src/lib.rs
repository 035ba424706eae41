//! The handler of dead letters: stores with each job which of its chunks were given up.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{Metric, Metrics, Received, Subject, deliver};
use pgfold_core::{Error, Queue, Reason, Recorder, backoff};

/// The reason of a chunk whose mappers stored none.
const REASON: &str = "given up: no mapper that received it could store why; they were killed, ran \
                      out of memory or time, or did not reach the store";

/// Stores with the job of each dead letter why its chunk is missing. A reason that a mapper stored
/// before stays.
///
/// A dead letter that cannot be read, or does not fit its job's plan, returns to `queue` without
/// delay, because it was under way for long already. After a few deliveries the queue moves it to
/// the poison queue for people to inspect. A dead letter of an unknown job is dropped, because
/// nobody waits for it.
///
/// # Errors
/// If a message has no id.
pub async fn handler(
    recorder: &Recorder<'_>,
    queue: &dyn Queue,
    metrics: &Metrics,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let reason = Reason::new(REASON);
    let tell = async |Received { task, .. }: Received| {
        match recorder.give_up(&task, &reason).await? {
            None => {
                tracing::error!("chunk given up");
                metrics.count(
                    recorder.clock.now(),
                    &[(Metric::ChunksGivenUp, 1)],
                    Subject::from(&task),
                );
            }
            Some(why) => tracing::info!(why = why.sentence(), "dead letter dropped"),
        }
        Ok(())
    };
    let backoff = |attempt, error: &Error| match error {
        // The letter itself is at fault.
        Error::Invalid(_) | Error::OtherPlan(_) => Duration::ZERO,
        // Somebody may mend a role or a setting meanwhile, and nobody else tells the job.
        _ => backoff(attempt),
    };
    Ok(deliver(queue, &event.payload, backoff, tell).await?)
}
