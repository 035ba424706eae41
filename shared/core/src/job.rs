use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    ChunkIndex, ChunkRange, Consistency, Error, Plan, PlanHash, Planned, Result, SnapshotId,
    SourceId, TaskId, Timestamp, kernel::KernelSpec,
};

/// A computation over a source, as it was submitted. It never changes afterwards.
///
/// Its [`Plan`] is kept beside it, for that grows with the number of chunks and this does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The job's name.
    pub task_id: TaskId,
    /// What is read.
    pub source: SourceId,
    /// What is computed.
    pub kernel: KernelSpec,
    /// The one instant that all chunks see; if there is none each sees an instant of its own.
    pub snapshot: Option<SnapshotId>,
    /// The fingerprint of its chunks.
    pub plan: PlanHash,
    /// The number of its chunks, 0 for an empty table.
    pub chunks: u16,
    /// About how many rows its chunks have, as it was planned.
    pub estimated_rows: u64,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// From when on it has failed if a chunk is missing and it has not been sent again.
    pub deadline: Timestamp,
    /// From when on it is forgotten.
    pub expires_at: Timestamp,
}

impl Job {
    /// A job that starts `now` and runs over the chunks that were planned.
    pub fn new(
        task_id: TaskId,
        source: SourceId,
        kernel: KernelSpec,
        snapshot: Option<SnapshotId>,
        planned: &Planned,
        now: Timestamp,
        policy: JobPolicy,
    ) -> Self {
        let Planned { plan, estimated_rows } = planned;
        Self {
            task_id,
            plan: PlanHash::new(task_id, now, &kernel, plan),
            source,
            kernel,
            snapshot,
            chunks: plan.len() as u16,
            estimated_rows: *estimated_rows,
            created_at: now,
            deadline: now + policy.deadline,
            expires_at: now + policy.ttl,
        }
    }

    /// What its chunks together see of the source.
    pub const fn consistency(&self) -> Consistency {
        match self.snapshot {
            Some(_) => Consistency::Snapshot,
            None => Consistency::PerChunk,
        }
    }

    /// The job as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("task {}", self.task_id), error))
    }

    /// Reads a job.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is none.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a job", error))
    }

    /// The messages of the job, one for each chunk of its plan.
    pub fn map_tasks(&self, plan: &Plan) -> impl Iterator<Item = MapTask> {
        plan.chunks().map(|(chunk, range)| MapTask {
            version: MapTask::VERSION,
            task_id: self.task_id,
            plan: self.plan.clone(),
            chunk,
            range,
            source: self.source.clone(),
            snapshot: self.snapshot.clone(),
            kernel: self.kernel.clone(),
            expires_at: self.expires_at,
        })
    }
}

/// How long jobs may take and are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobPolicy {
    /// A job with a chunk missing has failed this long after it was submitted.
    pub deadline: Duration,
    /// A job is forgotten this long after it was submitted.
    pub ttl: Duration,
}

/// The message that has a mapper fold one chunk; as JSON under 1 KB, but for a chunk with the
/// blocks of dozens of partitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapTask {
    /// The form of the message, [`MapTask::VERSION`].
    #[serde(rename = "v")]
    version: u16,
    /// The job.
    pub task_id: TaskId,
    /// The fingerprint of the job's chunks.
    pub plan: PlanHash,
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// The rows of the chunk.
    pub range: ChunkRange,
    /// What is read.
    pub source: SourceId,
    /// The instant at which it is to be read, if not any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotId>,
    /// What is computed.
    pub kernel: KernelSpec,
    /// From when on the job is forgotten.
    pub expires_at: Timestamp,
}

impl MapTask {
    /// The form of message that this build writes and reads.
    pub const VERSION: u16 = 2;

    /// The message as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| {
            Error::corrupt(format!("chunk {} of task {}", self.chunk, self.task_id), error)
        })
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is of another version or no message at all. The message's text
    /// is not quoted.
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Versioned {
            v: u16,
        }
        // serde_json's own text may quote the message's.
        let unreadable = |error: serde_json::Error| {
            let (what, column) = (error.classify(), error.column());
            Error::Invalid(format!("unreadable map task: {what:?} error at column {column}"))
        };
        // The version first: of another version's fields we know nothing.
        let Versioned { v } = serde_json::from_str(json).map_err(unreadable)?;
        if v != Self::VERSION {
            let known = Self::VERSION;
            return Err(Error::Invalid(format!("map task of version {v}, not {known}")));
        }
        serde_json::from_str(json).map_err(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_message_is_described_without_its_text() {
        for (message, problem) in [
            ("s3cret", "unreadable map task: Syntax error at column 1"),
            (r#"{"v":"s3cret"}"#, "unreadable map task: Data error at column 13"),
            (r#"{"v":2,"s3cret":2}"#, "unreadable map task: Data error at column 15"),
            (r#"{"v":1,"s3cret":2}"#, "map task of version 1, not 2"),
            ("", "unreadable map task: Eof error at column 0"),
        ] {
            assert_eq!(MapTask::from_json(message).unwrap_err().to_string(), problem);
        }
    }
}
