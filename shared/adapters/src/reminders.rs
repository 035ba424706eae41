use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use pgfold_core::{Reminder, Reminders, Result};

use crate::SqsQueue;

/// Opens the queue of reminders at a URL; without one, endings are not announced.
pub fn open_reminders(queue_url: Option<String>, aws: &SdkConfig) -> Box<dyn Reminders> {
    match queue_url {
        Some(queue_url) => Box::new(SqsQueue::new(aws, queue_url)),
        None => Box::new(Unannounced),
    }
}

/// Reminders of a deployment that announces nothing. Jobs are not watched, so one that misses its
/// deadline has failed for whoever asks, and its mappers go on.
#[derive(Debug, Clone, Copy)]
pub struct Unannounced;

#[async_trait]
impl Reminders for Unannounced {
    async fn send(&self, _: &Reminder, _: Duration) -> Result<()> {
        Ok(())
    }
}
