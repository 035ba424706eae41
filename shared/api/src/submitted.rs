use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Consistency, Execution, Output, PlannedChunk, Query, TaskId, TraceId};

/// Answers a request that submitted a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submitted {
    /// What happened.
    #[schemars(extend("const" = "task submitted"))]
    pub status: String,
    /// The job's id.
    pub task_id: TaskId,
    /// Chunks of the job: as many as asked for, or fewer if the source has too few rows; 0 for an
    /// empty source.
    #[schemars(range(max = 10_000))]
    pub chunks: u16,
    /// The job's trace.
    pub trace_id: TraceId,
    /// How many milliseconds the job's snapshot was held, if it reads one and the time is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub snapshot_held_ms: Option<u64>,
    /// What whoever submits the job should know about its plan, a sentence each: why it has fewer
    /// chunks than were asked for, why they may be uneven, or why a key may not stay the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub warnings: Vec<String>,
}

/// Answers a dry run: how the request would be carried out. Nothing was stored or sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("dependentRequired" = {
    "where": ["estimated_share"], "estimated_share": ["where"], "index": ["where"],
    "cut_by": ["where"]
}))]
pub struct DryRun {
    /// What happened.
    #[schemars(extend("const" = "dry run"))]
    pub status: String,
    /// The source that would be read.
    pub source: String,
    /// What would be computed.
    #[serde(flatten)]
    pub query: Query,
    /// The files that would be written instead of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Output")]
    pub output: Option<Output>,
    /// Who would look at every row.
    pub execution: Execution,
    /// What the chunks would see.
    pub consistency: Consistency,
    /// About how many rows there are that meet `where`.
    pub estimated_rows: u64,
    /// About which share of the source's rows meet `where`; absent without `where`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0, max = 1))]
    pub estimated_share: Option<f64>,
    /// The index by which the database would find the rows that meet `where`; absent if it would
    /// look at all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub index: Option<String>,
    /// The column by whose values the chunks would be cut, if it is not the source's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub cut_by: Option<String>,
    /// Seconds from the first message to the last record.
    #[schemars(range(min = 0))]
    pub estimated_seconds: f64,
    /// US dollars at list price.
    #[schemars(range(min = 0))]
    pub estimated_cost_usd: f64,
    /// Connections to the database at once.
    #[schemars(range(max = 1001))]
    pub connections: u16,
    /// The chunks, in the order of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<PlannedChunk>", length(max = 10_000))]
    pub chunks: Option<Vec<PlannedChunk>>,
    /// Why there are no `chunks`: the answer would be too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub chunks_left_out: Option<String>,
    /// What whoever submits the job should know about its plan, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub warnings: Vec<String>,
}

/// Answers a request that cancelled a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    /// What happened.
    #[schemars(extend("const" = "task cancelled"))]
    pub status: String,
    /// The job's id.
    pub task_id: TaskId,
}

/// Answers a request that sent the missing chunks of a job again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retried {
    /// What happened.
    #[schemars(extend("const" = "task submitted"))]
    pub status: String,
    /// The job's id.
    pub task_id: TaskId,
    /// Chunks that were sent again.
    #[schemars(range(max = 10_000))]
    pub chunks: usize,
    /// The job's trace.
    pub trace_id: TraceId,
}
