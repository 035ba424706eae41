//! What the functions count, for CloudWatch: a line of JSON in the log for each event, which
//! CloudWatch reads in the embedded metric format,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
//!
//! It needs no call and no permission. A line without a level is of level INFO to Lambda: a
//! function whose `ApplicationLogLevel` is above that has no metrics.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use pgfold_core::{ChunkIndex, ChunkTask, JobId, Timestamp, TraceId};
use serde_json::{Map, Value, json};

/// The namespace of the metrics in CloudWatch.
pub const NAMESPACE: &str = "pgfold";

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Jobs whose messages were sent.
    JobsSubmitted,
    /// Chunks whose record counts.
    ChunksFolded,
    /// Rows of those chunks, skipped ones included.
    RowsFolded,
    /// Milliseconds of the mapper's work on such a chunk.
    MapMilliseconds,
    /// Deliveries of a chunk that was delivered before.
    Redeliveries,
    /// Deliveries and records of a chunk that came after the one that counts.
    DuplicatesDiscarded,
    /// Chunks that failed for a reason that does not heal.
    ChunksFailed,
    /// Chunks whose dead letter was told to their job.
    ChunksGivenUp,
}

impl Metric {
    /// Its name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JobsSubmitted => "JobsSubmitted",
            Self::ChunksFolded => "ChunksFolded",
            Self::RowsFolded => "RowsFolded",
            Self::MapMilliseconds => "MapMilliseconds",
            Self::Redeliveries => "Redeliveries",
            Self::DuplicatesDiscarded => "DuplicatesDiscarded",
            Self::ChunksFailed => "ChunksFailed",
            Self::ChunksGivenUp => "ChunksGivenUp",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::MapMilliseconds => "Milliseconds",
            _ => "Count",
        }
    }
}

/// What an event is about. CloudWatch Logs finds events by it; it is no dimension, of which each
/// value would be a metric of its own, and billed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The job.
    pub job_id: JobId,
    /// Its trace.
    pub trace_id: TraceId,
    /// Which chunk, if it is about one.
    pub chunk: Option<ChunkIndex>,
}

impl From<&ChunkTask> for Subject {
    fn from(task: &ChunkTask) -> Self {
        Self { job_id: task.job_id, trace_id: task.trace.id.clone(), chunk: Some(task.chunk) }
    }
}

/// Writes metrics.
pub struct Metrics {
    stage: String,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Metrics {
    /// Those of a deployment, each a line to `out`.
    pub fn new(stage: impl Into<String>, out: impl Write + Send + 'static) -> Self {
        Self { stage: stage.into(), out: Mutex::new(Box::new(out)) }
    }

    /// Counts an event. If it cannot be written it is not counted: that is no reason to fail.
    pub fn count(&self, at: Timestamp, metrics: &[(Metric, u64)], subject: Subject) {
        let line = format!("{}\n", self.event(at, metrics, subject));
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, so that no line of the log falls into it.
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
                    "Dimensions": [["Stage"]],
                    "Metrics": metrics.iter().map(define).collect::<Vec<_>>(),
                }],
            }),
        );
        say("Stage", self.stage.as_str().into());
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
