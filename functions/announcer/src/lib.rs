//! The handler of reminders: announces how jobs ended, and ends those whose deadline has passed.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;
use pgfold_adapters::{Metric, Metrics, Received, Subject, deliver};
use pgfold_core::{Announcer, Error, Queue, Reminded, Reminder, backoff};

/// Does what each reminder reminds of.
///
/// # Errors
/// If a message has no id.
pub async fn handler(
    announcer: &Announcer<'_>,
    queue: &dyn Queue,
    metrics: &Metrics,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let remind = async |Received { task: reminder, .. }: Received<Reminder>| {
        match announcer.remind(&reminder).await? {
            Reminded::Announced(ending) => {
                tracing::info!(state = ending.name(), "ending announced");
                let counted = [(Metric::EndingsAnnounced, 1)];
                metrics.count(announcer.clock.now(), &counted, Subject::from(&reminder));
            }
            Reminded::AnnouncedBefore(ending) => {
                tracing::debug!(state = ending.name(), "ending was announced before");
            }
            Reminded::Pending => tracing::debug!("job is pending"),
            Reminded::Unknown => tracing::info!("job is not stored"),
        }
        Ok(())
    };
    let backoff = |attempt, _: &Error| backoff(attempt);
    Ok(deliver(queue, &event.payload, backoff, remind).await?)
}
