use std::time::Duration;

use async_trait::async_trait;

use crate::{error::Result, job::ChunkTask};

/// The queue between submit and mappers.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends the messages; each is delivered at least once, in no stated order. Where the queue has
    /// a word of its own for the trace of a message, it has that.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if any of them was not taken, after having
    /// tried again. Others may have been.
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()>;

    /// Has a message that was received, and is reported as not done, come back after `delay`, in
    /// whole seconds up to 12 hours, instead of after the queue's own time. `receipt` is how the
    /// queue calls that delivery.
    ///
    /// # Errors
    /// If it could not be asked in good time; then the message comes back all the same, later.
    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()>;
}

/// A queue as those see it who only watch it.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// About how many messages there are.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if the queue does not answer.
    async fn depth(&self) -> Result<Depth>;
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Those that wait to be delivered.
    pub waiting: u64,
    /// Those that were delivered, and neither acknowledged nor come back yet.
    pub in_flight: u64,
}
