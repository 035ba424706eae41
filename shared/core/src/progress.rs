use std::collections::BTreeMap;

use crate::{
    ChunkIndex, ChunkRecord, FailedAttempts, Job, LastError, Plan, Result, SkipReason, Store,
    Tally, Timestamp,
};

/// The progress of a job, as one read of the store returns it. The read is small however many
/// chunks the job has.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The job.
    pub job: Job,
    /// How many chunks count: all of them once the job is complete. Before that some that have
    /// their record may not be in it yet.
    pub done: u16,
    /// The sums over the chunks that count.
    pub tally: Tally,
    /// The sums over the failed attempts, which are not in the tally.
    pub failed: FailedAttempts,
    /// The error of the latest failed attempt, of all chunks. The chunk may have its record since.
    pub last_error: Option<LastError>,
    /// From when on the job has failed if a chunk is missing: its own deadline, or the one that
    /// was set when its chunks were sent again.
    pub deadline: Timestamp,
    /// Whether all messages of the job are known to have been sent.
    pub queued: bool,
    /// How many chunks have been attached to the job's snapshot.
    pub attached: u16,
    /// How long the snapshot was held, in milliseconds, once it has been released.
    pub held_ms: Option<u64>,
    /// When the job was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Why the job as a whole failed, in a sentence for its owner.
    pub failure: Option<String>,
    /// Whether a chunk has failed. It may have succeeded since.
    pub chunk_failed: bool,
    /// The chunks themselves, if the read included them.
    pub chunks: Option<Chunks>,
}

impl Progress {
    /// Makes the progress of a job of which nothing else is stored yet.
    pub fn new(job: Job) -> Self {
        Self {
            deadline: job.deadline,
            job,
            done: 0,
            tally: Tally::default(),
            failed: FailedAttempts::default(),
            last_error: None,
            queued: false,
            attached: 0,
            held_ms: None,
            cancelled_at: None,
            failure: None,
            chunk_failed: false,
            chunks: None,
        }
    }

    /// Returns the chunks themselves, and reads them from `store` if they are missing.
    ///
    /// # Errors
    /// Those of [`Store::chunks`].
    pub async fn take_chunks(&mut self, store: &dyn Store) -> Result<Chunks> {
        match self.chunks.take() {
            Some(chunks) => Ok(chunks),
            None => store.chunks(&self.job).await,
        }
    }

    /// Returns the milliseconds of the mappers' work on the chunks of `tally`, and of failed
    /// attempts.
    pub fn map_ms(&self, tally: &Tally) -> u64 {
        tally.map_ms + self.failed.map_ms
    }

    /// Returns why no chunk can change the job any more at the time `now`, if that is so.
    pub fn ended(&self, now: Timestamp) -> Option<SkipReason> {
        if now >= self.job.expires_at {
            Some(SkipReason::Expired)
        } else if self.cancelled_at.is_some() {
            Some(SkipReason::Cancelled)
        } else if self.failure.is_some() {
            Some(SkipReason::Failed)
        } else if self.done >= self.job.chunks {
            Some(SkipReason::Completed)
        } else {
            None
        }
    }
}

/// What is stored of a job's chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunks {
    /// How the source was cut.
    pub plan: Plan,
    /// What became of the chunks that are done.
    pub records: BTreeMap<ChunkIndex, ChunkRecord>,
    /// Why chunks failed, in a sentence for the job's owner: the first reason of each. A chunk
    /// that has a record as well has succeeded since.
    pub failures: BTreeMap<ChunkIndex, String>,
    /// How many deliveries and records were discarded of chunks that had their record.
    pub discarded: BTreeMap<ChunkIndex, u32>,
}

impl Chunks {
    /// Makes the chunks of a plan of which nothing is stored yet.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            records: BTreeMap::new(),
            failures: BTreeMap::new(),
            discarded: BTreeMap::new(),
        }
    }

    /// Returns the sums over the chunks that are done.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a record is not valid.
    pub fn tally(&self) -> Result<Tally> {
        let tally = |record: &ChunkRecord| Ok(Tally::new(&record.receipt, record.to_json()?.len()));
        self.records.values().map(tally).sum()
    }

    /// Returns the chunks without a record.
    pub fn missing(&self) -> impl Iterator<Item = ChunkIndex> {
        (0..self.plan.len() as u16).map(ChunkIndex).filter(|at| !self.records.contains_key(at))
    }
}
