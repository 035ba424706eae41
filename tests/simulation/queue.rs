//! The queues as an actor has them: a batch may be taken in part, or wholly without an answer.

use std::time::Duration;

use async_trait::async_trait;
use pgfold_core::{ChunkTask, Queue, Reminder, Reminders, Result};

use crate::{
    fate::{Call, Service},
    messages::Receipt,
    site::{Extent, Site},
};

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueName {
    Chunks,
    Letters,
    Reminders,
}

/// The sending end of the queues of chunks and of reminders, and what functions ask of each queue.
pub(crate) struct SimulatedQueue<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) queue: QueueName,
}

#[async_trait]
impl Queue for SimulatedQueue<'_> {
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()> {
        let mut call = Call::new(Service::Sqs, "send").divisible(true);
        call.job = tasks.first().map(|task| task.job_id);
        let send = async |extent| {
            self.site.observe(|state| {
                for task in tasks {
                    if extent == Extent::Whole || state.random.chance(50) {
                        state.take(task);
                    }
                }
            });
            Ok(())
        };
        self.site.call(call, send).await
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        let receipt = Receipt::read(receipt);
        let call = Call::new(Service::Sqs, "delay");
        let put_off = async |_| {
            self.site.observe(|state| {
                let queue = match self.queue {
                    QueueName::Chunks => &mut state.chunks,
                    QueueName::Letters => &mut state.letters,
                    QueueName::Reminders => &mut state.reminders,
                };
                queue.delay(receipt, state.now, delay.as_millis() as u64);
            });
            Ok(())
        };
        self.site.call(call, put_off).await
    }
}

#[async_trait]
impl Reminders for SimulatedQueue<'_> {
    async fn send(&self, reminder: &Reminder, delay: Duration) -> Result<()> {
        let call = Call::new(Service::Sqs, "remind").of(reminder.job_id);
        let send = async |_| {
            self.site.observe(|state| state.remind(reminder, delay));
            Ok(())
        };
        self.site.call(call, send).await
    }
}
