use std::sync::Mutex;

use async_trait::async_trait;
use pgfold_core::{Event, Events, Result};

use super::lock;

/// Events in a list.
#[derive(Debug, Default)]
pub struct MemoryEvents {
    events: Mutex<Vec<Event>>,
}

impl MemoryEvents {
    /// Returns the events that were announced, in their order.
    pub fn announced(&self) -> Vec<Event> {
        lock(&self.events).clone()
    }
}

#[async_trait]
impl Events for MemoryEvents {
    async fn announce(&self, event: &Event) -> Result<()> {
        lock(&self.events).push(event.clone());
        Ok(())
    }
}
