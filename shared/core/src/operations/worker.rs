use crate::{
    job::{ChunkTask, SkipReason},
    operations::{Delivery, Failure, Mapped, Mapper, Recorder, Reducer},
};

/// What is done with the messages of a queue, one attempt after the other.
pub trait Worker {
    /// Returns what stores the outcome of attempts.
    fn recorder(&self) -> &Recorder<'_>;

    /// Does the work of a message and stores its record. If `unwanted` returns a reason meanwhile,
    /// stops and skips the message.
    ///
    /// # Errors
    /// Every error of a failed attempt. Pass it to [`Recorder::report`], which decides whether the
    /// message must be delivered again.
    fn attempt(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> impl Future<Output = Result<Mapped, Failure>>;
}

impl Worker for Mapper<'_> {
    fn recorder(&self) -> &Recorder<'_> {
        &self.recorder
    }

    async fn attempt(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        self.map(task, delivery, unwanted).await
    }
}

impl Worker for Reducer<'_> {
    fn recorder(&self) -> &Recorder<'_> {
        &self.recorder
    }

    async fn attempt(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        self.reduce(task, delivery, unwanted).await
    }
}
