//! Works on the messages of an SQS event, each within the time that its invocation has.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use pgfold_core::{
    ChunkTask, Delivery, Error, Failure, Mapped, Queue, Recorded, Reported, Result, SkipReason,
    Worker, backoff,
};
use tokio::time::{sleep, timeout};

use crate::{Metric, Metrics, NoMessageId, Received, Subject, deliver};

/// The time at the end of an invocation that is reserved for the report that the work took too long.
const REPORT_TIME: Duration = Duration::from_secs(2);

/// The part of it that is reserved for the answer. If a function does not answer, its message is
/// delivered again much later than after its backoff.
const ANSWER_TIME: Duration = Duration::from_millis(250);

/// The time of an invocation whose deadline has passed when it starts, as under
/// `cargo lambda watch`, which sets no deadline. It is the longest time that Lambda allows.
const UNTOLD_TIME: Duration = Duration::from_secs(15 * 60);

/// The interval in which a function that works checks whether its work is still wanted.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What the messages of a queue are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Chunks to fold.
    Chunks,
    /// Partitions to reduce.
    Partitions,
}

/// An invocation of a function by its queue.
#[derive(Debug, Clone, Copy)]
pub struct Invocation {
    /// When it ends.
    pub deadline: SystemTime,
    /// The memory of the function in megabytes.
    pub memory_mb: u32,
}

impl Invocation {
    /// Returns the remaining time.
    fn time_left(self) -> Duration {
        self.deadline.duration_since(SystemTime::now()).unwrap_or(UNTOLD_TIME)
    }
}

/// A function behind a queue: it attempts the work of each message once for each delivery.
pub struct Attempts<'a, W> {
    /// Does the work.
    pub worker: &'a W,
    /// What the work is.
    pub work: Work,
    /// The queue.
    pub queue: &'a dyn Queue,
    /// The most deliveries of a message by the queue.
    pub max_attempts: u32,
    /// Counts what was done.
    pub metrics: &'a Metrics,
}

impl<W: Worker> Attempts<'_, W> {
    /// Attempts the work of each message. Returns the messages that must be delivered again.
    ///
    /// # Errors
    /// If a message has no id.
    pub async fn at_each(
        &self,
        event: &SqsEvent,
        invocation: Invocation,
    ) -> Result<SqsBatchResponse, NoMessageId> {
        let lifetime = invocation.time_left();
        let attempt = async |received: Received| {
            let Received { task, attempt, sent_at, first_received_at } = received;
            let delivery = Delivery {
                attempt,
                max_attempts: self.max_attempts,
                memory_mb: invocation.memory_mb,
                sent_at,
                first_received_at,
                lifetime,
            };
            let count = |counted: &[(Metric, u64)]| {
                self.metrics.count(
                    self.worker.recorder().clock.now(),
                    counted,
                    Subject::from(&task),
                );
            };
            // Counted before the work begins, because the work may end this process.
            if attempt > 1 {
                count(&[(Metric::Redeliveries, 1)]);
            }
            let mapped = self.attempt(&task, delivery, invocation).await?;
            self.work.log(&mapped);
            let counted = self.work.counted(&mapped);
            if !counted.is_empty() {
                count(&counted);
            }
            Ok(())
        };
        deliver(self.queue, event, |attempt, _| backoff(attempt), attempt).await
    }

    /// Does the work of one message.
    ///
    /// # Errors
    /// The error of the attempt, if the message must be delivered again.
    async fn attempt(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        invocation: Invocation,
    ) -> Result<Mapped> {
        let Self { worker, work, .. } = self;
        let limit = invocation.time_left().saturating_sub(REPORT_TIME);
        let recorder = worker.recorder();
        let started_at = recorder.clock.now();
        let attempt = worker.attempt(task, delivery, self.unwanted(task));
        let failure = match timeout(limit, attempt).await {
            Ok(Ok(mapped)) => return Ok(mapped),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::from(Error::TimedOut { what: work.about(task), limit }),
        };
        let limit = invocation.time_left().saturating_sub(ANSWER_TIME);
        let report = recorder.report(task, delivery, started_at, &failure);
        let Reported { done, unsaid } = timeout(limit, report).await.unwrap_or_else(|_| {
            let what = format!("the report of {}", work.about(task));
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

    /// Returns the reason once the work is not wanted any more. The worker then drops its
    /// connections, so that whoever sends it rows stops as well.
    async fn unwanted(&self, task: &ChunkTask) -> SkipReason {
        loop {
            sleep(ASK_EVERY).await;
            // An error of the store is ignored: the work may still be wanted.
            if let Ok(Some(why)) = self.worker.recorder().unwanted(task).await {
                return why;
            }
        }
    }
}

impl Work {
    /// Returns what a message is about, in words.
    fn about(self, task: &ChunkTask) -> String {
        match self {
            Self::Chunks => format!("chunk {}", task.chunk),
            Self::Partitions => task.range.to_string(),
        }
    }

    fn log(self, mapped: &Mapped) {
        let what = match self {
            Self::Chunks => "chunk",
            Self::Partitions => "partition",
        };
        match (self, mapped) {
            (Self::Chunks, Mapped::Recorded(recorded, receipt)) => {
                let Recorded { first, stage } = *recorded;
                let (rows, map_ms) = (receipt.rows, receipt.map_ms);
                tracing::info!(rows, map_ms, first, ?stage, "chunk folded");
            }
            (Self::Partitions, Mapped::Recorded(recorded, receipt)) => {
                let Recorded { first, stage } = *recorded;
                let reduce_ms = receipt.map_ms;
                tracing::info!(reduce_ms, first, ?stage, "partition reduced");
            }
            // A warning, because nothing else shows that this function uses another store than
            // submit.
            (_, Mapped::Skipped(why @ SkipReason::Unknown)) => {
                tracing::warn!(why = why.sentence(), "{what} skipped");
            }
            (_, Mapped::Skipped(why)) => tracing::info!(why = why.sentence(), "{what} skipped"),
            (_, Mapped::Failed(reason)) => {
                tracing::error!(reason = reason.as_str(), "{what} failed");
            }
        }
    }

    /// Returns the metrics of a message. They count each chunk and partition as done once, as its
    /// job does.
    fn counted(self, mapped: &Mapped) -> Vec<(Metric, u64)> {
        match (self, mapped) {
            (_, duplicate) if duplicate.is_duplicate() => vec![(Metric::DuplicatesDiscarded, 1)],
            (Self::Chunks, Mapped::Recorded(_, receipt)) => vec![
                (Metric::ChunksFolded, 1),
                (Metric::RowsFolded, receipt.rows),
                (Metric::MapMilliseconds, receipt.map_ms),
            ],
            (Self::Partitions, Mapped::Recorded(_, receipt)) => {
                vec![(Metric::PartitionsReduced, 1), (Metric::ReduceMilliseconds, receipt.map_ms)]
            }
            (_, Mapped::Failed(_)) => vec![(Metric::ChunksFailed, 1)],
            (_, Mapped::Skipped(_)) => Vec::new(),
        }
    }
}
