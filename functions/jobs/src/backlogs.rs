use pgfold_api::QueueDepths;
use pgfold_core::{Backlog, Depth, Result};

/// The queues of the deployment.
pub struct Backlogs<'a> {
    /// From submit to the mappers.
    pub chunks: &'a dyn Backlog,
    /// From whoever completes the first stage to the reducers.
    pub reductions: &'a dyn Backlog,
    /// Messages that mappers and reducers gave up, on the way to their jobs.
    pub dead_letters: [&'a dyn Backlog; 2],
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
        let [of_mappers, of_reducers] = self.dead_letters;
        let (chunks, reductions, of_mappers, of_reducers, poison) = tokio::try_join!(
            self.chunks.depth(),
            self.reductions.depth(),
            of_mappers.depth(),
            of_reducers.depth(),
            self.poison.depth()
        )?;
        let all = |Depth { waiting, in_flight }| waiting + in_flight;
        Ok(QueueDepths {
            waiting: chunks.waiting + reductions.waiting,
            in_flight: chunks.in_flight + reductions.in_flight,
            dead_letters: all(of_mappers) + all(of_reducers),
            poison: all(poison),
        })
    }
}
