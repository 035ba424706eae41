use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{Reminder, Reminders, Result};

use super::lock;

/// Reminders in a list.
#[derive(Debug, Default)]
pub struct MemoryReminders {
    waiting: Mutex<Vec<(Instant, Reminder)>>,
}

impl MemoryReminders {
    /// Removes and returns the oldest reminder whose delay is over.
    pub fn receive(&self) -> Option<Reminder> {
        let mut waiting = lock(&self.waiting);
        let now = Instant::now();
        let place = waiting.iter().position(|(from, _)| *from <= now)?;
        Some(waiting.remove(place).1)
    }

    /// Removes and returns all reminders, with the rest of their delays.
    pub fn take(&self) -> Vec<(Duration, Reminder)> {
        let now = Instant::now();
        let left = |(from, reminder): (Instant, _)| (from.duration_since(now), reminder);
        lock(&self.waiting).drain(..).map(left).collect()
    }
}

#[async_trait]
impl Reminders for MemoryReminders {
    async fn send(&self, reminder: &Reminder, delay: Duration) -> Result<()> {
        lock(&self.waiting).push((Instant::now() + delay, reminder.clone()));
        Ok(())
    }
}
