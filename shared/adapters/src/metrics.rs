//! The metrics of the functions. Each event is a line of JSON in the log, in CloudWatch's embedded
//! metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//!
//! This needs no call and no permission. Lambda treats a line without a level as INFO, so a
//! function with a higher `ApplicationLogLevel` has no metrics.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use pgfold_core::{ChunkIndex, ChunkTask, JobId, Reminder, Timestamp, TraceId};
use serde_json::{Map, Value, json};

/// The namespace of the metrics in CloudWatch.
pub const NAMESPACE: &str = "pgfold";

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Jobs whose messages were sent.
    JobsSubmitted,
    /// Chunks whose record counts.
    ChunksFolded,
    /// Rows of those chunks, skipped ones included.
    RowsFolded,
    /// Milliseconds that the mapper worked on such a chunk.
    MapMilliseconds,
    /// Partitions whose record counts.
    PartitionsReduced,
    /// Milliseconds that the reducer worked on such a partition.
    ReduceMilliseconds,
    /// Deliveries of messages that were delivered before.
    Redeliveries,
    /// Deliveries and records of a chunk or partition that already had a record.
    DuplicatesDiscarded,
    /// Chunks and partitions that failed with an error that is not retryable.
    ChunksFailed,
    /// Chunks and partitions that were given up, as their dead letters reported to their jobs.
    ChunksGivenUp,
    /// Endings of jobs that were announced.
    EndingsAnnounced,
}

impl Metric {
    /// Returns the metric's name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JobsSubmitted => "JobsSubmitted",
            Self::ChunksFolded => "ChunksFolded",
            Self::RowsFolded => "RowsFolded",
            Self::MapMilliseconds => "MapMilliseconds",
            Self::PartitionsReduced => "PartitionsReduced",
            Self::ReduceMilliseconds => "ReduceMilliseconds",
            Self::EndingsAnnounced => "EndingsAnnounced",
            Self::Redeliveries => "Redeliveries",
            Self::DuplicatesDiscarded => "DuplicatesDiscarded",
            Self::ChunksFailed => "ChunksFailed",
            Self::ChunksGivenUp => "ChunksGivenUp",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::MapMilliseconds | Self::ReduceMilliseconds => "Milliseconds",
            _ => "Count",
        }
    }
}

/// The job or chunk of an event. CloudWatch Logs finds events by these fields. They are not
/// dimensions, because each value of a dimension is billed as a separate metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The job.
    pub job_id: JobId,
    /// The job's trace.
    pub trace_id: TraceId,
    /// The chunk; `None` if the event is about the whole job.
    pub chunk: Option<ChunkIndex>,
}

impl From<&ChunkTask> for Subject {
    fn from(task: &ChunkTask) -> Self {
        Self { job_id: task.job_id, trace_id: task.trace.id.clone(), chunk: Some(task.chunk) }
    }
}

impl From<&Reminder> for Subject {
    fn from(reminder: &Reminder) -> Self {
        Self { job_id: reminder.job_id, trace_id: reminder.trace.id.clone(), chunk: None }
    }
}

/// Writes metrics.
pub struct Metrics {
    deployment: String,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Metrics {
    /// Makes a writer of a deployment's metrics. Each event is a line to `out`.
    pub fn new(deployment: impl Into<String>, out: impl Write + Send + 'static) -> Self {
        Self { deployment: deployment.into(), out: Mutex::new(Box::new(out)) }
    }

    /// Writes an event. Ignores an error of writing, because a missing metric must not fail the
    /// call.
    pub fn count(&self, at: Timestamp, metrics: &[(Metric, u64)], subject: Subject) {
        let line = format!("{}\n", self.event(at, metrics, subject));
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that no other line of the log is mixed into it.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }

    fn event(&self, at: Timestamp, metrics: &[(Metric, u64)], subject: Subject) -> Value {
        let define =
            |(metric, _): &(Metric, u64)| json!({ "Name": metric.name(), "Unit": metric.unit() });
        let mut event = Map::new();
        let mut say = |name: &str, value: Value| event.insert(name.to_owned(), value);
        say(
            "_aws",
            json!({
                "Timestamp": at,
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Deployment"]],
                    "Metrics": metrics.iter().map(define).collect::<Vec<_>>(),
                }],
            }),
        );
        say("Deployment", self.deployment.as_str().into());
        for &(metric, value) in metrics {
            say(metric.name(), value.into());
        }
        say("task_id", json!(subject.job_id));
        say("trace_id", json!(subject.trace_id));
        if let Some(chunk) = subject.chunk {
            say("chunk", json!(chunk));
        }
        event.into()
    }
}
