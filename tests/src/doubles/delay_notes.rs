use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_core::{ChunkTask, Queue, Result};

/// The queue of a function that receives: it notes which deliveries are to come back, and after
/// how long.
#[derive(Debug, Default)]
pub struct DelayNotes(Mutex<Vec<(String, u64)>>);

impl DelayNotes {
    /// The receipts of the deliveries that are to come back, each with its delay in seconds,
    /// since the last call.
    pub fn take(&self) -> Vec<(String, u64)> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Queue for DelayNotes {
    async fn send(&self, _: &[ChunkTask]) -> Result<()> {
        panic!("a function that receives sends nothing")
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        let note = (receipt.to_owned(), delay.as_secs());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        Ok(())
    }
}
