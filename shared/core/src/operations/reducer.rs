//! A placeholder: it skips partitions that nobody wants, and cannot reduce any.

use crate::{
    error::{Error, Result},
    job::{ChunkTask, SkipReason, Timestamp},
    operations::{Delivery, Failure, Mapped, Reported, Worker, opened::Opened},
    ports::{Clock, Objects, Store},
};

/// Merges partitions and stores their records.
pub struct Reducer<'a> {
    /// Stores the records.
    pub store: &'a dyn Store,
    /// Has the runs of the chunks.
    pub objects: &'a dyn Objects,
    /// Returns the time of the records.
    pub clock: &'a dyn Clock,
}

impl Worker for Reducer<'_> {
    fn clock(&self) -> &dyn Clock {
        self.clock
    }

    async fn attempt(
        &self,
        task: &ChunkTask,
        _: Delivery,
        _: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        match self.unwanted(task).await? {
            Some(why) => Ok(Mapped::Skipped(why)),
            None => Err(Error::Invalid("this build cannot reduce".to_owned()).into()),
        }
    }

    async fn unwanted(&self, task: &ChunkTask) -> Result<Option<SkipReason>> {
        Ok(Opened::new(self.store, task, self.clock.now()).await?.wanted().err())
    }

    async fn report(&self, _: &ChunkTask, _: Delivery, _: Timestamp, _: &Failure) -> Reported {
        Reported { done: None, unsaid: None }
    }
}
