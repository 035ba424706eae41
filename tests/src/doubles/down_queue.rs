use std::time::Duration;

use async_trait::async_trait;
use pgfold_core::{ChunkTask, Error, Queue, Result};

/// A queue that cannot be reached.
#[derive(Debug)]
pub struct DownQueue;

#[async_trait]
impl Queue for DownQueue {
    async fn send(&self, _: &[ChunkTask]) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }

    async fn delay(&self, _: &str, _: Duration) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }
}
