//! Queues by their ends, and one that is not there.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_adapters::memory::MemoryQueue;
use pgfold_core::{ChunkTask, Error, Queue, Result};

/// What a queue is to the sender, where a test holds the other end.
pub(crate) struct Sender(pub(crate) Arc<MemoryQueue>);

#[async_trait]
impl Queue for Sender {
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()> {
        self.0.send(tasks).await
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.delay(receipt, delay).await
    }
}

/// What a queue is to the receiver: it keeps which deliveries are to come back after what time.
#[derive(Default)]
pub(crate) struct Delays(Mutex<Vec<(String, u64)>>);

impl Delays {
    /// The receipts of the deliveries that are to come back, with the seconds after which, since
    /// this was last asked.
    pub(crate) fn take(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl Queue for Delays {
    async fn send(&self, _tasks: &[ChunkTask]) -> Result<()> {
        panic!("a function that receives sends nothing")
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        self.0.lock().unwrap().push((receipt.to_owned(), delay.as_secs()));
        Ok(())
    }
}

/// A queue that is not there.
pub(crate) struct Down;

#[async_trait]
impl Queue for Down {
    async fn send(&self, _tasks: &[ChunkTask]) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }

    async fn delay(&self, _receipt: &str, _delay: Duration) -> Result<()> {
        Err(Error::unavailable("sqs", "connection refused"))
    }
}
