use std::time::Duration;

use async_trait::async_trait;

use crate::{
    ChunkIndex, ChunkRecord, Chunks, Claim, IdempotencyKey, Job, KeyRange, KeyStatistics, MapTask,
    Plan, PlanHash, Progress, Result, TaskId, Timestamp, kernel::ChunkFold,
};

/// The table whose rows are folded.
///
/// # Errors
/// Every call: [`Misconfigured`](crate::Error::Misconfigured) if the table cannot be read as it
/// is configured (missing, no privilege, no usable key, wrong columns);
/// [`Unavailable`](crate::Error::Unavailable) for everything that may be over the next time.
#[async_trait]
pub trait Source: Send + Sync {
    /// What is known of the keys; `None` if the table has no row.
    ///
    /// Takes the same few milliseconds at any size of the table: nothing is counted or scanned.
    /// `columns` are the parts that a kernel wants the source's columns to play.
    async fn statistics(&self, columns: &[&str]) -> Result<Option<KeyStatistics>>;

    /// Hands the rows with a key in `range` to `fold`, each exactly once, in no stated order,
    /// all as one instant had them. Returns the name of that instant, of at most 64 characters:
    /// the same name means the same committed rows.
    ///
    /// Memory does not grow with the number of rows. After an error some rows have been folded.
    async fn read(
        &self,
        range: KeyRange,
        columns: &[&str],
        fold: &mut dyn ChunkFold,
    ) -> Result<String>;
}

/// The queue between submit and mappers.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends the messages; each is delivered at least once, in no stated order.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if any of them was not taken, after having
    /// tried again. Others may have been.
    async fn send(&self, tasks: &[MapTask]) -> Result<()>;

    /// Has a message that was received, and is reported as not done, come back after `delay`, in
    /// whole seconds up to 12 hours, instead of after the queue's own time. `receipt` is how the
    /// queue calls that delivery.
    ///
    /// # Errors
    /// If it could not be asked in good time; then the message comes back all the same, later.
    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()>;
}

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
    async fn mark_queued(&self, task_id: TaskId) -> Result<()>;

    /// Where a job stands.
    async fn progress(&self, task_id: TaskId) -> Result<Progress>;

    /// What is kept of all the chunks of `job`: as much to read as there are chunks. It sees
    /// every record that [`progress`](Store::progress) has counted.
    async fn chunks(&self, job: &Job) -> Result<Chunks>;

    /// What there is to know before a chunk is worked on. If it has its record that record
    /// counts from here on, even if the call that made it was cut off.
    ///
    /// # Errors
    /// [`OtherPlan`](crate::Error::OtherPlan) if the job's plan is another, or has no such chunk.
    async fn open(&self, task_id: TaskId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk>;

    /// Keeps what a chunk of `job` came to, once: of several records of a chunk, whether they
    /// come after each other or at the same time, the first stays and counts.
    ///
    /// # Errors
    /// [`OtherPlan`](crate::Error::OtherPlan) or [`NotFound`](crate::Error::NotFound) if `job`
    /// has been replaced by another; nothing is written.
    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded>;

    /// Keeps why a chunk of `job` failed, if it has no record; the first reason stays.
    ///
    /// # Errors
    /// As for [`record`](Store::record).
    async fn fail_chunk(&self, job: &Job, chunk: ChunkIndex, reason: &str) -> Result<()>;

    /// Keeps why a job failed as a whole; the first reason stays. Records are not touched.
    async fn fail_job(&self, task_id: TaskId, reason: &str) -> Result<()>;

    /// Forgets why a job and its chunks failed, and sets it a new deadline. Records are not
    /// touched.
    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()>;

    /// Cancels a job; of several times the first stays.
    ///
    /// # Errors
    /// [`AlreadyCompleted`](crate::Error::AlreadyCompleted) if every chunk counts.
    async fn cancel(&self, task_id: TaskId, now: Timestamp) -> Result<()>;
}

/// What there is to know of a chunk before it is worked on.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenChunk {
    /// Where its job stands.
    pub progress: Progress,
    /// Its keys.
    pub range: KeyRange,
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

/// The time of day.
pub trait Clock: Send + Sync {
    /// This moment. It may go back, and differs between machines.
    fn now(&self) -> Timestamp;
}
