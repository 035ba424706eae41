use pgfold_core::{Backlog, Result};
use serde_json::{Value, json};

/// The queues of the deployment.
pub struct Backlogs<'a> {
    /// From submit to the mappers.
    pub chunks: &'a dyn Backlog,
    /// Chunks that were given up, on the way to their jobs.
    pub dead_letters: &'a dyn Backlog,
    /// Messages that fit no job, for people to look at.
    pub poison: &'a dyn Backlog,
}

impl Backlogs<'_> {
    /// How many messages they have; `null` if one of them does not say, for the jobs are there to
    /// be seen all the same.
    pub(crate) async fn told(&self) -> Value {
        self.depths().await.unwrap_or_else(|error| {
            tracing::warn!(error = error.with_causes(), "the queues do not say how full they are");
            Value::Null
        })
    }

    async fn depths(&self) -> Result<Value> {
        let (chunks, dead_letters, poison) =
            tokio::try_join!(self.chunks.depth(), self.dead_letters.depth(), self.poison.depth())?;
        Ok(json!({
            "waiting": chunks.waiting,
            "in_flight": chunks.in_flight,
            "dead_letters": dead_letters.waiting + dead_letters.in_flight,
            "poison": poison.waiting + poison.in_flight,
        }))
    }
}
