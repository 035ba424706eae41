//! Folds the chunks that the queue delivers.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Context, LambdaEvent};
use pgfold_adapters::deliver;
use pgfold_core::{Delivery, Error, MapTask, Mapped, Mapper, Queue, Recorded};
use tokio::time::{sleep, timeout};

/// What is left of the invocation's time to tell the job that a chunk took too long.
const REPORT_TIME: Duration = Duration::from_secs(2);

/// How often a mapper that folds asks whether its job still wants the chunk.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Folds the chunk of each message; `max_attempts` is how often `queue` delivers a message.
///
/// # Errors
/// If a message has no id to report it by.
pub async fn handler(
    mapper: &Mapper<'_>,
    queue: &dyn Queue,
    max_attempts: u32,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, lambda_runtime::Error> {
    let LambdaEvent { payload, context } = event;
    let memory_mb = context.env_config.memory;
    let map = async |body: &str, delivery| map(mapper, body, delivery, &context).await;
    Ok(deliver(queue, &payload, max_attempts, memory_mb, map).await?)
}

/// Folds the chunk of one message.
///
/// # Errors
/// Says why the message is to come back.
async fn map(
    mapper: &Mapper<'_>,
    body: &str,
    delivery: Delivery,
    context: &Context,
) -> Result<(), Error> {
    let task = MapTask::from_json(body)?;
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let limit = left.saturating_sub(REPORT_TIME);
    let mapped = tokio::select! {
        mapped = timeout(limit, mapper.map(&task, delivery)) => mapped.unwrap_or_else(|_| {
            Err(Error::TimedOut { what: format!("chunk {}", task.chunk), limit })
        }),
        // Drops the other: the connection is closed, and so Postgres stops too.
        why = interruption(mapper, &task) => Ok(Mapped::Skipped(why)),
    };
    let error = match mapped {
        Ok(mapped) => {
            log(&task, delivery, &mapped);
            return Ok(());
        }
        Err(error) => error,
    };
    if let Err(unsaid) = mapper.give_up(&task, delivery, &error).await {
        tracing::error!(error = unsaid.with_causes(), "the job is not told why");
    }
    Err(error)
}

/// Comes back when the job does not want the chunk any more, with the reason.
async fn interruption(mapper: &Mapper<'_>, task: &MapTask) -> &'static str {
    loop {
        sleep(ASK_EVERY).await;
        // A store that does not answer is no reason to stop.
        if let Ok(Some(why)) = mapper.interruption(task).await {
            return why;
        }
    }
}

fn log(task: &MapTask, Delivery { attempt, .. }: Delivery, mapped: &Mapped) {
    let (task_id, chunk) = (task.task_id, task.chunk.0);
    match mapped {
        Mapped::Recorded(recorded, receipt) => {
            let Recorded { first, complete } = *recorded;
            let (rows, map_ms) = (receipt.rows, receipt.map_ms);
            tracing::info!(%task_id, chunk, attempt, rows, map_ms, first, complete, "chunk folded");
        }
        Mapped::Skipped(why) => tracing::info!(%task_id, chunk, attempt, why, "chunk skipped"),
        Mapped::Failed(reason) => {
            tracing::error!(%task_id, chunk, attempt, reason, "chunk failed");
        }
    }
}
