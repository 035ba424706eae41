use pgfold_api::QueueDepths;
use pgfold_core::{Backlog, Result};

/// The queues of the deployment.
pub struct Backlogs<'a> {
    /// From submit to the mappers.
    pub chunks: &'a dyn Backlog,
    /// Chunk tasks that were given up, on the way to their jobs.
    pub dead_letters: &'a dyn Backlog,
    /// Messages that fit no job, for people to look at.
    pub poison: &'a dyn Backlog,
}

impl Backlogs<'_> {
    /// Returns how many messages the queues have; `None` if one of them does not answer, because
    /// the jobs can be shown all the same.
    pub(crate) async fn depths(&self) -> Option<QueueDepths> {
        let depths = self.read().await;
        depths
            .inspect_err(|error| {
                tracing::warn!(error = error.with_causes(), "the depth of the queues is unknown");
            })
            .ok()
    }

    async fn read(&self) -> Result<QueueDepths> {
        let (chunks, dead_letters, poison) =
            tokio::try_join!(self.chunks.depth(), self.dead_letters.depth(), self.poison.depth())?;
        Ok(QueueDepths {
            waiting: chunks.waiting,
            in_flight: chunks.in_flight,
            dead_letters: dead_letters.waiting + dead_letters.in_flight,
            poison: poison.waiting + poison.in_flight,
        })
    }
}
