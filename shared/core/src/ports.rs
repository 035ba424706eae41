use async_trait::async_trait;

use crate::{
    ChunkIndex, ChunkRecord, Failure, Job, KeyRange, KeyStatistics, MapTask, PlanHash, Progress,
    Result, TaskId, Timestamp, kernel::ChunkFold,
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
    /// all as one instant had them. Returns the name of that instant, the text of
    /// `pg_current_snapshot()`: the same name means the same committed rows.
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
}

/// The memory of jobs. A call that returns has been written, and later calls see it.
///
/// # Errors
/// Every call: [`Unavailable`](crate::Error::Unavailable) if the store does not answer. The
/// call may have been carried out all the same; every call may be made again.
#[async_trait]
pub trait Store: Send + Sync {
    /// Keeps a new job, at least until it expires. The very same job again is no error, for a
    /// client may try again what was carried out but not answered.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::Error::AlreadyExists) if there is another job of this id; it is
    /// left as it is.
    async fn create(&self, job: &Job) -> Result<()>;

    /// Keeps what a chunk came to, once: of several records of a chunk, whether they come after
    /// each other or at the same time, the first stays and counts.
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound) if there is no such job,
    /// [`OtherPlan`](crate::Error::OtherPlan) if its plan is another; nothing is written.
    async fn record(
        &self,
        task_id: TaskId,
        plan: &PlanHash,
        chunk: ChunkIndex,
        record: &ChunkRecord,
    ) -> Result<Recorded>;

    /// Keeps why a job or a chunk failed. Of several failures of one scope the first stays.
    /// Records are not touched.
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound) if there is no such job; nothing is written.
    async fn fail(&self, task_id: TaskId, failure: &Failure) -> Result<()>;

    /// A job with its records and failures as one instant has them.
    ///
    /// # Errors
    /// [`NotFound`](crate::Error::NotFound) if there is no such job,
    /// [`Corrupt`](crate::Error::Corrupt) if it does not read back.
    async fn load(&self, task_id: TaskId) -> Result<Progress>;
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Whether it counts; if not, the chunk had a record, which stays.
    pub first: bool,
    /// Chunks of the job without a record.
    pub missing: u16,
}

/// The time of day.
pub trait Clock: Send + Sync {
    /// This moment. It may go back, and differs between machines.
    fn now(&self) -> Timestamp;
}
