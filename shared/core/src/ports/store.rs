use std::num::NonZeroU16;

use async_trait::async_trait;

use crate::{
    error::Result,
    job::{
        Announcement, ChunkRecord, Chunks, Claim, FailedAttempt, IdempotencyKey, Job, JobId,
        PlanHash, Progress, Reason, Stage, Timestamp,
    },
    plan::{ChunkIndex, ChunkRange, Plan},
};

/// The store of jobs. When a call returns, its change is written and later calls see it.
///
/// ```
/// use pgfold_core::{ChunkIndex, ChunkRecord, Job, Recorded, Result, Store};
///
/// /// Stores the record of a chunk twice, as two deliveries of one message would.
/// async fn store_twice(
///     store: &dyn Store,
///     job: &Job,
///     chunk: ChunkIndex,
///     record: &ChunkRecord,
/// ) -> Result<()> {
///     store.record(job, chunk, record).await?;
///     let Recorded { first, .. } = store.record(job, chunk, record).await?;
///     assert!(!first, "the first record stays, and the chunk counts once");
///     Ok(())
/// }
/// ```
///
/// # Errors
/// Every call returns [`Unavailable`](crate::Error::Unavailable) if the store does not answer.
/// The call may still have been carried out, wholly or in part. It may be repeated, and has then
/// the effect of one call, except where a method says otherwise.
/// [`NotFound`](crate::Error::NotFound) if the job does not exist, or not any more; nothing is
/// written. [`Corrupt`](crate::Error::Corrupt) if what is stored does not read back.
#[async_trait]
pub trait Store: Send + Sync {
    /// Returns how many chunks of a new job the store keeps together, each with a partial of at most
    /// [`ChunkRecord::ROOM`]. The job carries the number, so that every function finds its chunks
    /// also after the store's rule has changed.
    fn chunks_together(&self) -> NonZeroU16;

    /// Stores the claim under the key, unless an earlier claim holds the key that had not expired,
    /// to the second, when this one was made. Returns the claim that holds the key now. Of several
    /// claims at the same time one is stored.
    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim>;

    /// Stores a new job and its plan, at least until the job expires. Storing the very same job
    /// again is no error and changes nothing.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::Error::AlreadyExists) if another job has this id; that job is not
    /// changed.
    async fn create(&self, job: &Job, plan: &Plan) -> Result<()>;

    /// Stores that all messages of the job have been sent.
    async fn mark_queued(&self, job_id: JobId) -> Result<()>;

    /// Returns where a job stands.
    async fn progress(&self, job_id: JobId) -> Result<Progress>;

    /// Lists where jobs stand, the newest first by their ids: at most `limit` jobs before `before`.
    ///
    /// A job is listed within seconds of its creation, and the list is at most as old. The job is
    /// listed until it expires, and perhaps some days longer. A job that does not read back, as that
    /// of a later build, is left out, so that it does not hide the others; the log says so. The call
    /// takes one short read, however many jobs and chunks are stored.
    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>>;

    /// Returns what is stored of all chunks of `job`; the read grows with the number of chunks. It
    /// sees every record that [`progress`](Store::progress) has counted.
    async fn chunks(&self, job: &Job) -> Result<Chunks>;

    /// Returns what a mapper needs to know before it folds a chunk. If the chunk has its record,
    /// that record counts from here on, even if the call that stored it was cut off.
    ///
    /// # Errors
    /// [`OtherPlan`](crate::Error::OtherPlan) if the job has another plan, or no such chunk.
    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk>;

    /// Stores that a mapper has begun to read a chunk of `job` at the job's snapshot.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()>;

    /// Stores how long the job's snapshot was held, in milliseconds; of several calls the first
    /// stays.
    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()>;

    /// Stores the record of a chunk of `job`, once: of several records of a chunk, one after the
    /// other or at the same time, the first stays and counts.
    ///
    /// # Errors
    /// [`OtherPlan`](crate::Error::OtherPlan) or [`NotFound`](crate::Error::NotFound) if `job`
    /// has been replaced by another; nothing is written.
    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded>;

    /// Counts one more delivery or record of a chunk of `job` that was discarded because the chunk
    /// has its record. A repeated call may count again.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()>;

    /// Stores that an attempt at a chunk of `job` failed: adds it to the job's sums, in one step,
    /// and sets the job's last error; of several calls the latest stays. Changes neither records nor
    /// their sums. A repeated call may count again.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()>;

    /// Stores why a chunk of `job` failed, if it has no record; the first reason stays. If the chunk
    /// has its record, that counts from here on, as after [`open`](Store::open), and the stage of
    /// the job is returned.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn fail_chunk(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        reason: &Reason,
    ) -> Result<Option<Stage>>;

    /// Stores why a job failed as a whole; the first reason stays. Changes no record.
    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()>;

    /// Removes the reasons why a job and its chunks failed, and its last error, and sets a new
    /// deadline. Changes neither records nor sums.
    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()>;

    /// Cancels a job; of several calls the first stays.
    ///
    /// # Errors
    /// [`AlreadyCompleted`](crate::Error::AlreadyCompleted) if every chunk counts.
    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()>;

    /// Stores which event about the job's ending was announced; of several calls the latest stays.
    async fn mark_announced(&self, job_id: JobId, announced: &Announcement) -> Result<()>;
}

/// What a mapper needs to know before it folds a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenChunk {
    /// Where its job stands.
    pub progress: Progress,
    /// The chunk's rows.
    pub range: ChunkRange,
    /// The stage of the job with the record of the chunk counted; `None` if the chunk has no record.
    pub recorded: Option<Stage>,
}

/// The result of storing a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Whether this record is the chunk's first, which stays.
    pub first: bool,
    /// The stage of the job now.
    pub stage: Stage,
}
