use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;

/// The rows of a chunk: those from the key `start` up to but not including `end`, `null` where the
/// chunk is open; or, in a snapshot, those in some blocks. In the second stage of a job that writes
/// groups into files, the groups of a partition.
///
/// A key is a number, or the text that Postgres writes for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ChunkRows {
    /// A range of keys.
    Keys {
        /// The first key.
        #[schemars(extend("type" = ["integer", "string", "null"], "maxLength" = 256))]
        start: Value,
        /// The key after the last.
        #[schemars(extend("type" = ["integer", "string", "null"], "maxLength" = 256))]
        end: Value,
    },
    /// Ranges of blocks.
    Blocks {
        /// Blocks of the table or of its partitions.
        #[schemars(length(min = 1))]
        blocks: Vec<BlockRange>,
    },
    /// The groups of a partition, which the second stage of a job merges into a file.
    Partition {
        /// The partition's number.
        #[schemars(range(max = 63))]
        partition: u16,
        /// How many partitions there are.
        #[schemars(range(min = 1, max = 64))]
        partitions: u16,
    },
}

/// Blocks of a relation, as Postgres numbers both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockRange {
    /// The relation's object id.
    #[schemars(range(max = 4_294_967_295_u32))]
    pub relation: u32,
    /// The first block.
    #[schemars(range(max = 4_294_967_295_u32))]
    pub start: u32,
    /// The block after the last; `null` for all that follow.
    #[schemars(range(max = 4_294_967_295_u32))]
    pub end: Option<u32>,
}

/// How a chunk went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Receipt {
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that the kernel skipped.
    pub skipped: u64,
    /// Deliveries of the chunk's message up to its record.
    #[schemars(range(min = 1))]
    pub attempts: u32,
    /// Deliveries and records that came after the one that counts.
    pub duplicates_discarded: u32,
    /// Milliseconds from the sending of the message to the attempt that succeeded.
    pub queue_ms: u64,
    /// Milliseconds of the mapper's work on the chunk.
    pub map_ms: u64,
    /// The part of `map_ms` spent on reading.
    pub read_ms: u64,
    /// The part of `map_ms` spent on folding.
    pub fold_ms: u64,
    /// The instant that the chunk saw, as the database names it.
    pub snapshot: String,
    /// When the record was made.
    pub recorded_at: Timestamp,
}

/// A chunk of a dry run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedChunk {
    /// The chunk's place in the plan.
    #[schemars(range(max = 10_063))]
    pub chunk: u16,
    /// Its rows.
    #[serde(flatten)]
    pub rows_of: ChunkRows,
}

/// A chunk of a completed job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompletedChunk {
    /// The chunk's place in the plan.
    #[schemars(range(max = 10_063))]
    pub chunk: u16,
    /// Its rows.
    #[serde(flatten)]
    pub rows_of: ChunkRows,
    /// How it went.
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// A chunk of any job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobChunk {
    /// The chunk's place in the plan.
    #[schemars(range(max = 10_063))]
    pub chunk: u16,
    /// Its rows.
    #[serde(flatten)]
    pub rows_of: ChunkRows,
    /// Where it stands.
    #[serde(flatten)]
    pub state: ChunkState,
}

/// Where a chunk stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ChunkState {
    /// The chunk has its record.
    Done(Receipt),
    /// The chunk was given up.
    Failed {
        /// Why, in a sentence.
        #[schemars(length(min = 1))]
        error: String,
    },
    /// The chunk is queued or being worked on: the store does not know which.
    Open,
}

/// A chunk for which a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedChunk {
    /// The chunk's place in the plan.
    #[schemars(range(max = 10_063))]
    pub chunk: u16,
    /// Why, in a sentence.
    #[schemars(length(min = 1))]
    pub error: String,
}
