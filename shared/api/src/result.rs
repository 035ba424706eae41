use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CompletedChunk, Consistency, Execution, FailedChunk, TraceId};

/// The result of a completed job of the kernel `min_distance`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MinDistanceResult {
    /// What happened.
    #[schemars(extend("const" = "task completed"))]
    pub status: String,
    /// The distance as the shortest decimal that reads back as the same double; `null` if no row
    /// has a distance.
    #[schemars(regex(pattern = r"^([0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?|Infinity)$"))]
    pub result: Option<String>,
    /// The distance.
    pub distance: Value,
    /// The row whose two points lie nearest to each other.
    pub pair: Value,
    /// The job's trace.
    pub trace_id: TraceId,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that the kernel skipped.
    pub skipped: u64,
    /// About how many rows there were when the job was planned.
    pub estimated_rows: u64,
    /// Who looked at every row.
    pub execution: Execution,
    /// What the request asked for.
    pub consistency: Consistency,
    /// What the chunks saw: one instant also if they happened to.
    pub consistency_reached: Consistency,
    /// Milliseconds from the submission to the last record.
    pub elapsed_ms: u64,
    /// Milliseconds of the mappers' work on the chunks, added up, failed attempts included.
    pub map_ms: u64,
    /// Attempts at chunks that ended with an error, as far as their mappers could say so.
    pub failed_attempts: u64,
    /// The largest chunk's rows divided by the mean's; `null` if there are no rows.
    #[schemars(range(min = 1))]
    pub balance: Option<f64>,
    /// What the job has cost, in US dollars at list price.
    #[schemars(range(min = 0))]
    pub cost_usd: f64,
    /// How many milliseconds the job's snapshot was held, if it read one and the time is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub snapshot_held_ms: Option<u64>,
    /// The chunks; left out with `receipts=none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<CompletedChunk>", length(max = 10_000))]
    pub chunks: Option<Vec<CompletedChunk>>,
    /// Why there are no `chunks`, and how to ask for them: the answer would be too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub chunks_left_out: Option<String>,
}

/// The result of a job that has failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedResult {
    /// What happened.
    #[schemars(extend("const" = "something went wrong"))]
    pub status: String,
    /// Why, in a sentence.
    #[schemars(length(min = 1))]
    pub error: String,
    /// The job's trace.
    pub trace_id: TraceId,
    /// The chunks for which the job failed, ascending.
    #[schemars(length(max = 10_000))]
    pub failed_chunks: Vec<FailedChunk>,
    /// How many failed chunks are not listed, because the answer would be too large.
    /// `GET /tasks/{task_id}?from=…&limit=…` has the error of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(min = 1))]
    pub failed_chunks_left_out: Option<u64>,
}
