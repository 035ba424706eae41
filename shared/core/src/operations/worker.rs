use crate::{
    error::Result,
    job::{ChunkTask, SkipReason, Timestamp},
    operations::{Delivery, Failure, Mapped, Mapper, Reported},
    ports::Clock,
};

/// What is done with the messages of a queue, one attempt after the other.
pub trait Worker {
    /// Returns the clock of the records.
    fn clock(&self) -> &dyn Clock;

    /// Does the work of a message and stores its record. If `unwanted` returns a reason meanwhile,
    /// stops and skips the message.
    ///
    /// # Errors
    /// Every error of a failed attempt. Pass it to [`report`](Self::report), which decides whether
    /// the message must be delivered again.
    fn attempt(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> impl Future<Output = Result<Mapped, Failure>>;

    /// Returns why the work of a message is no longer wanted; `None` if it is wanted.
    ///
    /// # Errors
    /// Those of [`Store::open`](crate::Store::open).
    fn unwanted(&self, task: &ChunkTask) -> impl Future<Output = Result<Option<SkipReason>>>;

    /// Stores the `failure` of an attempt that began at `started_at` with its job. Returns the
    /// outcome of the message.
    fn report(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        started_at: Timestamp,
        failure: &Failure,
    ) -> impl Future<Output = Reported>;
}

impl Worker for Mapper<'_> {
    fn clock(&self) -> &dyn Clock {
        self.clock
    }

    async fn attempt(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        self.map(task, delivery, unwanted).await
    }

    async fn unwanted(&self, task: &ChunkTask) -> Result<Option<SkipReason>> {
        Mapper::unwanted(self, task).await
    }

    async fn report(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        started_at: Timestamp,
        failure: &Failure,
    ) -> Reported {
        Mapper::report(self, task, delivery, started_at, failure).await
    }
}
