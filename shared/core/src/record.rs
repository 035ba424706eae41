use std::{collections::BTreeMap, fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ChunkIndex, Error, Job, KeyRange, Result, Timestamp, kernel::Partial};

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
    pub range: KeyRange,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that said nothing to the kernel.
    pub skipped: u64,
    /// How often the chunk's message was delivered up to this record, from 1.
    pub attempts: u32,
    /// Milliseconds from the start of the mapper's work on the chunk to this record.
    pub map_ms: u64,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
    /// What the chunk's reading saw of the database, as `pg_current_snapshot()` names it.
    pub snapshot: String,
    /// When the record was made.
    pub recorded_at: Timestamp,
}

/// Why a job, or one of its chunks, will not succeed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub scope: FailureScope,
    /// Why, in a sentence for the job's owner.
    pub reason: String,
}

/// What a [`Failure`] is about. As text, by which stores keep it: `job`, or the chunk's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureScope {
    /// The job as a whole: it ends here, and its chunks are not mapped any more.
    Job,
    /// One chunk. If a later delivery succeeds, the chunk counts all the same.
    Chunk(ChunkIndex),
}

const JOB_SCOPE: &str = "job";

impl fmt::Display for FailureScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job => f.write_str(JOB_SCOPE),
            Self::Chunk(index) => index.fmt(f),
        }
    }
}

impl FromStr for FailureScope {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        if text == JOB_SCOPE {
            return Ok(Self::Job);
        }
        Ok(Self::Chunk(ChunkIndex(text.parse()?)))
    }
}

/// A job and everything recorded about it, as one read of the store sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The job.
    pub job: Job,
    /// The chunks that are done.
    pub records: BTreeMap<ChunkIndex, ChunkRecord>,
    /// What failed, at most one failure a scope: the first.
    pub failures: BTreeMap<FailureScope, String>,
}

impl Progress {
    /// A job of which nothing is recorded yet.
    pub fn new(job: Job) -> Self {
        Self { job, records: BTreeMap::new(), failures: BTreeMap::new() }
    }
}
