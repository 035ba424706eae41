use async_trait::async_trait;

use crate::{
    error::Result,
    job::{
        ChunkRecord, Chunks, Claim, FailedAttempt, IdempotencyKey, Job, JobId, PlanHash, Progress,
        Reason, Timestamp,
    },
    plan::{ChunkIndex, ChunkRange, Plan},
};

/// The memory of jobs. A call that returns has been written, and later calls see it.
///
/// # Errors
/// Every call: [`Unavailable`](crate::Error::Unavailable) if the store does not answer. The
/// call may have been carried out all the same, wholly or in part; every call may be made again,
/// and then is as if it had been made once. [`NotFound`](crate::Error::NotFound) if it is about a
/// job that there is not, or not any more; nothing is written.
/// [`Corrupt`](crate::Error::Corrupt) if what is kept does not read back.
#[async_trait]
pub trait Store: Send + Sync {
    /// Gives the key to the claim, unless an earlier one has it that had not expired, to the
    /// second, when this one was made. Returns the claim that has it now. Of several claims at
    /// the same time one gets it.
    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim>;

    /// Keeps a new job and its plan, at least until it expires. The very same job again is no
    /// error and changes nothing.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::Error::AlreadyExists) if there is another job of this id; it is
    /// left as it is.
    async fn create(&self, job: &Job, plan: &Plan) -> Result<()>;

    /// Keeps that all messages of the job have been sent.
    async fn mark_queued(&self, job_id: JobId) -> Result<()>;

    /// Where a job stands.
    async fn progress(&self, job_id: JobId) -> Result<Progress>;

    /// Where jobs stand, the newest first by their task ids: at most `limit` of those before
    /// `before`.
    ///
    /// A job is on the list within seconds of having been created, and what is told of it is at
    /// most as old; it is on it until it expires, and perhaps for some days longer. Takes one
    /// short read, however many jobs and chunks there are.
    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>>;

    /// What is kept of all the chunks of `job`: as much to read as there are chunks. It sees
    /// every record that [`progress`](Store::progress) has counted.
    async fn chunks(&self, job: &Job) -> Result<Chunks>;

    /// What there is to know before a chunk is worked on. If it has its record that record
    /// counts from here on, even if the call that made it was cut off.
    ///
    /// # Errors
    /// [`OtherPlan`](crate::Error::OtherPlan) if the job's plan is another, or has no such chunk.
    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk>;

    /// Keeps that a mapper has begun to read a chunk of `job` at the job's snapshot.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()>;

    /// Keeps how long the job's snapshot was held, in milliseconds; of several times the first
    /// stays.
    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()>;

    /// Keeps what a chunk of `job` came to, once: of several records of a chunk, whether they
    /// come after each other or at the same time, the first stays and counts.
    ///
    /// # Errors
    /// [`OtherPlan`](crate::Error::OtherPlan) or [`NotFound`](crate::Error::NotFound) if `job`
    /// has been replaced by another; nothing is written.
    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded>;

    /// Keeps that one more delivery or record of a chunk of `job` was discarded, for the chunk has
    /// its record. Made again, the call may count again.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()>;

    /// Keeps that an attempt at a chunk of `job` failed: adds it to the job's sums, in one step, and
    /// sets the job's last error; of several the latest call stays. Records, and what they add
    /// up to, are not touched. Made again, the call may count again.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()>;

    /// Keeps why a chunk of `job` failed, if it has no record; the first reason stays.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn fail_chunk(&self, job: &Job, chunk: ChunkIndex, reason: &Reason) -> Result<()>;

    /// Keeps why a job failed as a whole; the first reason stays. Records are not touched.
    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()>;

    /// Forgets why a job and its chunks failed, its last error too, and sets it a new deadline.
    /// Records and sums are not touched.
    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()>;

    /// Cancels a job; of several times the first stays.
    ///
    /// # Errors
    /// [`AlreadyCompleted`](crate::Error::AlreadyCompleted) if every chunk counts.
    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()>;
}

/// What there is to know of a chunk before it is worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenChunk {
    /// Where its job stands.
    pub progress: Progress,
    /// Its rows.
    pub range: ChunkRange,
    /// Whether it has its record.
    pub recorded: bool,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Whether it is this one that stays.
    pub first: bool,
    /// Whether every chunk of the job counts now.
    pub complete: bool,
}
