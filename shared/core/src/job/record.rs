use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::Timestamp,
    kernel::Partial,
    plan::ChunkRange,
};

/// What a mapper leaves of a chunk in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkRecord {
    /// What the chunk's rows came to.
    pub partial: Partial,
    /// How that went.
    pub receipt: Receipt,
}

impl ChunkRecord {
    /// The record as JSON; every number reads back bit for bit.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::corrupt(format!("record of {}", self.receipt.range), error))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it is none.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::corrupt("a chunk's record", error))
    }
}

/// Evidence of one chunk: what was read, by which attempt, in what time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The keys that were read.
    pub range: ChunkRange,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that said nothing to the kernel.
    pub skipped: u64,
    /// How often the chunk's message was delivered up to this record, from 1.
    pub attempts: u32,
    /// Milliseconds from the sending of the chunk's message to the start of the mapper's work on
    /// it, earlier attempts included.
    pub queue_ms: u64,
    /// Milliseconds from the start of the mapper's work on the chunk to this record.
    pub map_ms: u64,
    /// Of those the milliseconds that went by until all rows had come, but for those of folding.
    pub read_ms: u64,
    /// Of those the milliseconds of folding.
    pub fold_ms: u64,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
    /// The instant of the database that was read, as [`Reading::snapshot`](crate::Reading) names it.
    pub snapshot: String,
    /// When the record was made.
    pub recorded_at: Timestamp,
}
