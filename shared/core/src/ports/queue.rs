use std::time::Duration;

use async_trait::async_trait;

use crate::{error::Result, job::ChunkTask};

/// The queue between submit and mappers.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends the messages; each is delivered at least once, in no stated order. If the queue
    /// has an attribute of its own for the trace of a message, sets that too.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if a message was not accepted, after
    /// retries. Other messages may have been sent.
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()>;

    /// Delays a message that was received and is reported as failed: the queue delivers it again
    /// after `delay`, in whole seconds up to 12 hours, instead of after the queue's own time.
    /// `receipt` is the queue's name for the delivery.
    ///
    /// # Errors
    /// If the queue did not answer in time; the message is then still delivered again, later.
    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()>;
}

/// The backlog of a queue, for callers that only watch it.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// Returns about how many messages the queue has.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if the queue does not answer.
    async fn depth(&self) -> Result<Depth>;
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait to be delivered.
    pub waiting: u64,
    /// Messages that were delivered, and are neither acknowledged nor waiting again.
    pub in_flight: u64,
}
