use std::time::Duration;

use async_trait::async_trait;

use crate::{MapTask, Result};

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
