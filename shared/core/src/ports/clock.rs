use std::time::Duration;

use async_trait::async_trait;

use crate::job::Timestamp;

/// The time of day.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current time. It may go back, and differs between machines.
    fn now(&self) -> Timestamp;

    /// Returns after about `duration`.
    async fn sleep(&self, duration: Duration);
}
