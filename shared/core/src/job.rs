use std::{num::NonZeroU16, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    ChunkIndex, ChunkRange, Computation, Error, Plan, PlanHash, Planned, Result, TaskId, Timestamp,
};

/// A computation over a source, as it was submitted. It never changes afterwards.
///
/// Its [`Plan`] is kept beside it, for that grows with the number of chunks and this does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The job's name.
    pub task_id: TaskId,
    /// What is read and computed.
    pub computation: Computation,
    /// The fingerprint of its chunks.
    pub plan: PlanHash,
    /// The number of its chunks, 0 for an empty table.
    pub chunks: u16,
    /// How many chunks stores keep together, so that their records fit in one item of theirs.
    pub piece: NonZeroU16,
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
    /// A job that starts `now` and runs over the chunks that were planned, of each of which a
    /// partial of at most `largest_partial` bytes will be kept.
    pub fn new(
        task_id: TaskId,
        computation: Computation,
        largest_partial: usize,
        planned: &Planned,
        now: Timestamp,
        policy: JobPolicy,
    ) -> Self {
        let Planned { plan, estimated_rows } = planned;
        Self {
            task_id,
            plan: PlanHash::new(task_id, now, &computation, plan),
            computation,
            chunks: plan.len() as u16,
            piece: Self::piece(largest_partial),
            estimated_rows: *estimated_rows,
            created_at: now,
            deadline: now + policy.deadline,
            expires_at: now + policy.ttl,
        }
    }

    /// How many chunks with partials of at most so many bytes stores keep together, from 1 to
    /// [`MOST_TOGETHER`](Job::MOST_TOGETHER): as many as fit in an item of DynamoDB whatever
    /// their partials come to.
    fn piece(largest_partial: usize) -> NonZeroU16 {
        let fit = Self::ITEM / (largest_partial + Self::RECEIPT);
        let fit = u16::try_from(fit).unwrap_or(u16::MAX).min(Self::MOST_TOGETHER);
        NonZeroU16::new(fit).unwrap_or(NonZeroU16::MIN)
    }

    /// The most chunks that stores keep together.
    ///
    /// A record has some 500 bytes as a rule, so 16 of them are 8 KB, of which DynamoDB bills a
    /// write by 4 on average. With more, each write bills more; with fewer, a job has more pieces
    /// to be counted, each by another write.
    pub const MOST_TOGETHER: u16 = 16;

    /// Bytes of the records in an item of DynamoDB, which has at most 400 KB. The rest is for the
    /// job, its plan and the reasons of failures.
    const ITEM: usize = 350 * 1000;

    /// Bytes of a record besides its partial, at most: a receipt with two long texts of keys.
    const RECEIPT: usize = 2 * 1000;

    /// The most bytes of a kernel's partial: one of them fits in an item.
    pub const LARGEST_PARTIAL: usize = Self::ITEM - Self::RECEIPT;

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
            computation: self.computation.clone(),
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
    /// What is read and computed.
    pub computation: Computation,
    /// From when on the job is forgotten.
    pub expires_at: Timestamp,
}

impl MapTask {
    /// The form of message that this build writes and reads.
    pub const VERSION: u16 = 3;

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
            (r#"{"v":3,"s3cret":2}"#, "unreadable map task: Data error at column 15"),
            (r#"{"v":1,"s3cret":2}"#, "map task of version 1, not 3"),
            ("", "unreadable map task: Eof error at column 0"),
        ] {
            assert_eq!(MapTask::from_json(message).unwrap_err().to_string(), problem);
        }
    }

    #[test]
    fn chunks_are_kept_together_as_far_as_they_fit() {
        let pieces =
            [100, 20_000, 100_000, Job::LARGEST_PARTIAL].map(|largest| Job::piece(largest).get());
        assert_eq!(pieces, [16, 15, 3, 1]);
    }
}
