use std::time::Duration;

use async_trait::async_trait;

use crate::{error::Result, job::Reminder};

/// The queue of jobs whose ending must be announced.
#[async_trait]
pub trait Reminders: Send + Sync {
    /// Sends a reminder. It is delivered at least once, and not before `delay` is over, which is in
    /// whole seconds, up to [`Reminder::LONGEST_DELAY`].
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if the reminder was not accepted, after retries.
    async fn send(&self, reminder: &Reminder, delay: Duration) -> Result<()>;
}
