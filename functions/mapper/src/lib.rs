//! The handler of chunk tasks: folds the chunks that the queue delivers.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Context, LambdaEvent};
use pgfold_adapters::{Metric, Metrics, Received, Subject, deliver};
use pgfold_core::{
    ChunkTask, Delivery, Error, Failure, Mapped, Mapper, Queue, Recorded, Reported, SkipReason,
    backoff,
};
use tokio::time::{sleep, timeout};

/// The time at the end of an invocation that is reserved for the report that a chunk took too long.
const REPORT_TIME: Duration = Duration::from_secs(2);

/// The part of it that is reserved for the answer. If a mapper does not answer, its message is
/// delivered again much later than after its backoff.
const ANSWER_TIME: Duration = Duration::from_millis(250);

/// The time of an invocation whose deadline has passed when it starts, as under
/// `cargo lambda watch`, which sets no deadline. It is the longest time that Lambda allows.
const UNTOLD_TIME: Duration = Duration::from_secs(15 * 60);

/// The interval in which a mapper that reads a chunk checks whether the chunk is still wanted.
const ASK_EVERY: Duration = Duration::from_secs(1);

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
    let lifetime = time_left(&context);
    let map = async |received: Received| {
        let Received { task, attempt, sent_at, first_received_at } = received;
        let delivery =
            Delivery { attempt, max_attempts, memory_mb, sent_at, first_received_at, lifetime };
        let count = |counted: &[(Metric, u64)]| {
            metrics.count(mapper.clock.now(), counted, Subject::from(&task));
        };
        // Counted before the chunk is folded, because folding may end this process.
        if attempt > 1 {
            count(&[(Metric::Redeliveries, 1)]);
        }
        let mapped = map(mapper, &task, delivery, &context).await?;
        log(&mapped);
        let counted = counted(&mapped);
        if !counted.is_empty() {
            count(&counted);
        }
        Ok(())
    };
    Ok(deliver(queue, &payload, |attempt, _| backoff(attempt), map).await?)
}

/// Folds the chunk of one message.
///
/// # Errors
/// The error of the attempt, if the message must be delivered again.
async fn map(
    mapper: &Mapper<'_>,
    task: &ChunkTask,
    delivery: Delivery,
    context: &Context,
) -> Result<Mapped, Error> {
    let limit = time_left(context).saturating_sub(REPORT_TIME);
    let started_at = mapper.clock.now();
    let mapping = mapper.map(task, delivery, unwanted(mapper, task));
    let failure = match timeout(limit, mapping).await {
        Ok(Ok(mapped)) => return Ok(mapped),
        Ok(Err(failure)) => failure,
        Err(_) => Failure::from(Error::TimedOut { what: format!("chunk {}", task.chunk), limit }),
    };
    let limit = time_left(context).saturating_sub(ANSWER_TIME);
    let report = mapper.report(task, delivery, started_at, &failure);
    let Reported { done, unsaid } = timeout(limit, report).await.unwrap_or_else(|_| {
        let what = format!("the report of chunk {}", task.chunk);
        Reported { done: None, unsaid: Some(Error::TimedOut { what, limit }) }
    });
    if let Some(unsaid) = unsaid {
        tracing::error!(error = unsaid.with_causes(), "the job does not say why");
    }
    match done {
        Some(mapped) => {
            tracing::warn!(error = failure.error.with_causes(), "attempt failed");
            Ok(mapped)
        }
        None => Err(failure.error),
    }
}

/// Returns the remaining time of an invocation.
fn time_left(context: &Context) -> Duration {
    context.deadline().duration_since(SystemTime::now()).unwrap_or(UNTOLD_TIME)
}

/// Returns the reason once the chunk is not wanted any more. The mapper then drops its connection,
/// so that Postgres stops as well.
async fn unwanted(mapper: &Mapper<'_>, task: &ChunkTask) -> SkipReason {
    loop {
        sleep(ASK_EVERY).await;
        // An error of the store is ignored: the chunk may still be wanted.
        if let Ok(Some(why)) = mapper.unwanted(task).await {
            return why;
        }
    }
}

fn log(mapped: &Mapped) {
    match mapped {
        Mapped::Recorded(recorded, receipt) => {
            let Recorded { first, complete } = *recorded;
            let (rows, map_ms) = (receipt.rows, receipt.map_ms);
            tracing::info!(rows, map_ms, first, complete, "chunk folded");
        }
        // A warning, because nothing else shows that this mapper uses another store than submit.
        Mapped::Skipped(why @ SkipReason::Unknown) => {
            tracing::warn!(why = why.sentence(), "chunk skipped");
        }
        Mapped::Skipped(why) => tracing::info!(why = why.sentence(), "chunk skipped"),
        Mapped::Failed(reason) => tracing::error!(reason = reason.as_str(), "chunk failed"),
    }
}

/// Returns the metrics of a message. They count each chunk as folded once, as its job does.
fn counted(mapped: &Mapped) -> Vec<(Metric, u64)> {
    match mapped {
        duplicate if duplicate.is_duplicate() => vec![(Metric::DuplicatesDiscarded, 1)],
        Mapped::Recorded(_, receipt) => vec![
            (Metric::ChunksFolded, 1),
            (Metric::RowsFolded, receipt.rows),
            (Metric::MapMilliseconds, receipt.map_ms),
        ],
        Mapped::Failed(_) => vec![(Metric::ChunksFailed, 1)],
        Mapped::Skipped(_) => Vec::new(),
    }
}
