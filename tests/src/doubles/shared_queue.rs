use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use pgfold_adapters::memory::MemoryQueue;
use pgfold_core::{ChunkTask, Queue, Result};

/// A queue whose other end the test holds.
#[derive(Debug)]
pub struct SharedQueue(pub Arc<MemoryQueue>);

#[async_trait]
impl Queue for SharedQueue {
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()> {
        self.0.send(tasks).await
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.delay(receipt, delay).await
    }
}
