//! Folds the chunks that the queue delivers.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Context, LambdaEvent};
use pgfold_adapters::{Metric, Metrics, Received, Subject, deliver};
use pgfold_core::{
    ChunkTask, Delivery, Error, Failure, Mapped, Mapper, Queue, Recorded, Reported, SkipReason,
    backoff,
};
use tokio::time::{sleep, timeout};

/// What is left of the invocation's time to store with the job that a chunk took too long.
const REPORT_TIME: Duration = Duration::from_secs(2);

/// What is left of that to answer, whatever becomes of the report: a message of a mapper that does
/// not answer stays away for much longer than its backoff.
const ANSWER_TIME: Duration = Duration::from_millis(250);

/// The time of an invocation whose deadline is past when it starts: that of `cargo lambda watch`,
/// which tells none. It is the longest that Lambda gives.
const UNTOLD_TIME: Duration = Duration::from_secs(15 * 60);

/// How often a mapper that reads a chunk asks whether it is still wanted.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Folds the chunk of each message; `max_attempts` is how often `queue` delivers a message.
///
/// # Errors
/// If a message has no id to report it by.
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
        // Before the chunk is mapped, for that may be the end of this process.
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
/// Says why the message is to come back.
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

/// What is left of an invocation's time; at its start, all of it.
fn time_left(context: &Context) -> Duration {
    context.deadline().duration_since(SystemTime::now()).unwrap_or(UNTOLD_TIME)
}

/// Comes back when the chunk is not wanted any more, with the reason. Who reads it then drops its
/// connection, and so Postgres stops too.
async fn unwanted(mapper: &Mapper<'_>, task: &ChunkTask) -> SkipReason {
    loop {
        sleep(ASK_EVERY).await;
        // A store that does not answer is no reason to stop.
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
        // Nobody else will notice if this mapper looks into another store than submit.
        Mapped::Skipped(why @ SkipReason::Unknown) => {
            tracing::warn!(why = why.sentence(), "chunk skipped");
        }
        Mapped::Skipped(why) => tracing::info!(why = why.sentence(), "chunk skipped"),
        Mapped::Failed(reason) => tracing::error!(reason = reason.as_str(), "chunk failed"),
    }
}

/// What became of a chunk, in numbers: each chunk is folded once in them, as it counts once.
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
