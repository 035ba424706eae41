use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{
    Consistency, Execution, FailedChunk, Files, JobChunk, Output, Query, TaskId, Timestamp,
    TraceId, WholeAnswer,
};

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Chunks are missing, and may still come.
    Pending,
    /// The answer is there.
    Completed,
    /// The job has failed; a retry may complete it.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// The job and its answer have expired.
    Expired,
    /// A state that a newer server knows and this build does not.
    #[serde(untagged)]
    #[schemars(skip)]
    Other(String),
}

impl State {
    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Other(name) => name,
        }
    }
}

/// How many chunks of a job are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    /// The chunks that count.
    #[schemars(range(max = 10_064))]
    pub done: u16,
    /// All chunks, the partitions of the second stage included.
    #[schemars(range(max = 10_064))]
    pub total: u16,
}

/// How the latest failed attempt ended, of all chunks of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastError {
    /// The chunk's place in the plan.
    #[schemars(range(max = 10_063))]
    pub chunk: u16,
    /// Which delivery of the chunk's message it was, from 1.
    #[schemars(range(min = 1))]
    pub attempt: u32,
    /// When it ended.
    pub at: Timestamp,
    /// Why, in a sentence.
    #[schemars(length(min = 1))]
    pub error: String,
}

/// The event about a job's ending that was announced last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Announcement {
    /// What all repeats of the event have in common, and no other event has.
    pub event_id: String,
    /// How the job ended.
    pub state: State,
    /// When the event was sent.
    pub at: Timestamp,
}

/// What the list of jobs and a job by itself have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// The job's id.
    pub task_id: TaskId,
    /// The job's trace.
    pub trace_id: TraceId,
    /// Where the job stands.
    pub state: State,
    /// The source that it reads.
    pub source: String,
    /// What it computes.
    #[serde(flatten)]
    pub query: Query,
    /// The files that it writes instead of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Output")]
    pub output: Option<Output>,
    /// The column by whose values its chunks are cut, if it is not the source's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub cut_by: Option<String>,
    /// Who looks at every row.
    pub execution: Execution,
    /// What the request asked for.
    pub consistency: Consistency,
    /// When the job was submitted.
    pub created_at: Timestamp,
    /// From when on the job has failed if a chunk is missing.
    pub deadline: Timestamp,
    /// From when on the job is forgotten.
    pub expires_at: Timestamp,
    /// How many chunks are done.
    pub progress: Progress,
    /// About how many rows there were when the job was planned.
    pub estimated_rows: u64,
    /// Rows of the chunks that are done, skipped ones included.
    pub rows: u64,
    /// Rows that kernels skipped, a row once for each of them.
    pub skipped: u64,
    /// Milliseconds since the submission, up to the last record of a completed job; `null` for a
    /// job that has ended without an answer.
    pub elapsed_ms: Option<u64>,
    /// Milliseconds of the mappers' work on the chunks, added up, failed attempts included.
    pub map_ms: u64,
    /// Attempts at chunks that ended with an error, as far as their mappers could say so.
    pub failed_attempts: u64,
    /// What the job has cost so far, in US dollars at list price.
    #[schemars(range(min = 0))]
    pub cost_usd: f64,
    /// The latest failed attempt of a job that is pending or failed. A job by itself leaves out an
    /// error of a chunk that is done since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LastError")]
    pub last_error: Option<LastError>,
    /// The event about the job's ending that was announced last. A job that failed may have been
    /// taken up again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Announcement")]
    pub announced: Option<Announcement>,
}

/// A job of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedJob {
    /// The job.
    #[serde(flatten)]
    pub job: Job,
    /// Why a failed job failed, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub error: Option<String>,
}

/// A job with all that is known about it, and some of its chunks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobDetail {
    /// What the list has too.
    #[serde(flatten)]
    pub job: Job,
    /// The answer of a completed job: that of its kernel; the answers of `compute` by their names;
    /// or with `group_by` its `groups`. `group_count` counts all groups. A group has its values,
    /// its `rows`, and its answers by their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub answer: Option<Value>,
    /// The files of a completed job that writes files instead of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Files")]
    pub files: Option<Files>,
    /// Where the whole of this answer is, if it is too large to be sent and the job is not pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WholeAnswer")]
    pub whole: Option<WholeAnswer>,
    /// How many groups of the answer are not listed, because it would be too large. `whole` has them,
    /// and `limit` lists fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub groups_left_out: Option<u64>,
    /// How many rows each kernel of `compute` skipped, of a completed job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, u64>")]
    pub skipped_by: Option<BTreeMap<String, u64>>,
    /// What the chunks of a completed job saw: one instant also if they happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Consistency")]
    pub consistency_reached: Option<Consistency>,
    /// The largest chunk's rows divided by the mean's, of a completed job; `null` if there are no
    /// rows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    #[schemars(range(min = 1), with = "Option<f64>")]
    pub balance: Option<Option<f64>>,
    /// Why a failed job failed, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub error: Option<String>,
    /// The chunks for which a failed job failed, ascending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<FailedChunk>", length(max = 10_000))]
    pub failed_chunks: Option<Vec<FailedChunk>>,
    /// How many failed chunks are not listed, because the answer would be too large.
    /// `GET /tasks/{task_id}?from=…&limit=…` has the error of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub failed_chunks_left_out: Option<u64>,
    /// The kernel's answer over the chunks that are done, of a job that is not completed and has
    /// some, unless a partial is too large for its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub answer_so_far: Option<Value>,
    /// How many milliseconds the job's snapshot was held, if it read one and the time is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub snapshot_held_ms: Option<u64>,
    /// What whoever submitted the job should know about its plan, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub warnings: Vec<String>,
    /// The selected chunks; left out with `receipts=none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<JobChunk>", length(max = 10_000))]
    pub chunks: Option<Vec<JobChunk>>,
    /// Why there are no `chunks`, and how to ask for them: the answer would be too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub chunks_left_out: Option<String>,
}

/// Reads a field that is there, also if it is `null`; a missing one is `None` by its default.
fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A page of the list of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobList {
    /// The jobs, the newest first.
    #[schemars(length(max = 100))]
    pub tasks: Vec<ListedJob>,
    /// The `cursor` of the next page; `null` on the last one.
    pub next: Option<TaskId>,
    /// How full the queues are, on the first page only; `null` if a queue does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "nullable")]
    #[schemars(with = "Option<QueueDepths>")]
    pub queue: Option<Option<QueueDepths>>,
}

/// How many messages the queues have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueDepths {
    /// Chunks that wait for a mapper, and partitions that wait for a reducer.
    pub waiting: u64,
    /// Chunks that a mapper works on, and partitions that a reducer works on.
    pub in_flight: u64,
    /// Chunks and partitions that were given up, on the way to their jobs.
    pub dead_letters: u64,
    /// Messages that fit no job.
    pub poison: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_states_name_is_the_one_on_the_wire() {
        let paused = State::Other("paused".to_owned());
        for state in [
            State::Pending,
            State::Completed,
            State::Failed,
            State::Cancelled,
            State::Expired,
            paused,
        ] {
            let name = Value::from(state.name());
            assert_eq!(serde_json::to_value(&state).unwrap(), name);
            assert_eq!(serde_json::from_value::<State>(name).unwrap(), state);
        }
    }
}
