use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use pgfold_adapters::memory::MemoryQueue;
use pgfold_core::{ChunkTask, Queue, Result};

use super::DownQueue;

/// A queue that takes the first two messages of each call, and then cannot be reached.
#[derive(Debug)]
pub struct HalfDownQueue(pub Arc<MemoryQueue>);

#[async_trait]
impl Queue for HalfDownQueue {
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()> {
        let (taken, lost) = tasks.split_at(2);
        self.0.send(taken).await?;
        DownQueue.send(lost).await
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.delay(receipt, delay).await
    }
}
