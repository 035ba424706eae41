use async_trait::async_trait;

use crate::{
    error::Result,
    job::{Ending, JobId, Timestamp},
};

/// Where it is announced how jobs ended.
#[async_trait]
pub trait Events: Send + Sync {
    /// Announces an event. When the call returns, every subscriber will receive it at least once. A
    /// repeated call may announce it again; its id tells.
    ///
    /// # Errors
    /// [`Unavailable`](crate::Error::Unavailable) if the event was not accepted, after retries.
    async fn announce(&self, event: &Event) -> Result<()>;
}

/// An event: a job has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What all repeats of the event have in common, and no other event has.
    pub id: String,
    /// The job.
    pub job_id: JobId,
    /// How it ended.
    pub ending: Ending,
    /// When the event was made.
    pub at: Timestamp,
    /// What subscribers receive, as JSON of at most [`Event::MOST_BYTES`].
    pub detail: String,
}

impl Event {
    /// The most bytes of what subscribers receive. EventBridge bills an event for each 64 KB, and
    /// targets have limits of their own.
    pub const MOST_BYTES: usize = 16_000;
}
