use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{Backlog, ChunkTask, Depth, Queue, Result};

use super::lock;

/// A queue whose messages are delivered when [`receive`](MemoryQueue::receive) is called.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    messages: Mutex<Messages>,
}

#[derive(Debug, Default)]
struct Messages {
    waiting: VecDeque<(Instant, ChunkTask)>,
    received: HashMap<String, ChunkTask>,
    receipts: usize,
}

impl MemoryQueue {
    /// Removes and returns the oldest message that is not delayed, with its receipt. The message is
    /// not delivered again unless [`delay`](Queue::delay) is called.
    pub fn receive(&self) -> Option<(String, ChunkTask)> {
        let mut messages = lock(&self.messages);
        let now = Instant::now();
        let place = messages.waiting.iter().position(|(from, _)| *from <= now)?;
        let (_, task) = messages.waiting.remove(place)?;
        messages.receipts += 1;
        let receipt = format!("receipt {}", messages.receipts);
        messages.received.insert(receipt.clone(), task.clone());
        Some((receipt, task))
    }

    /// Deletes a message that was received.
    pub fn acknowledge(&self, receipt: &str) {
        lock(&self.messages).received.remove(receipt);
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()> {
        let now = Instant::now();
        lock(&self.messages).waiting.extend(tasks.iter().map(|task| (now, task.clone())));
        Ok(())
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        let mut messages = lock(&self.messages);
        if let Some(task) = messages.received.remove(receipt) {
            messages.waiting.push_back((Instant::now() + delay, task));
        }
        Ok(())
    }
}

#[async_trait]
impl Backlog for MemoryQueue {
    async fn depth(&self) -> Result<Depth> {
        let messages = lock(&self.messages);
        let now = Instant::now();
        let waiting = messages.waiting.iter().filter(|(from, _)| *from <= now).count();
        let in_flight = messages.waiting.len() - waiting + messages.received.len();
        Ok(Depth { waiting: waiting as u64, in_flight: in_flight as u64 })
    }
}
