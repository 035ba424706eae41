//! The queues as an actor has them: a batch may be taken in part, or wholly without an answer.

use std::time::Duration;

use async_trait::async_trait;
use pgfold_core::{ChunkTask, Queue, Result};

use crate::{
    fate::{Call, Service},
    messages::Receipt,
    site::{Extent, Site},
};

/// The sending end of the queue of chunks, and what functions ask of either queue.
pub(crate) struct SimulatedQueue<'a> {
    pub(crate) site: Site<'a>,
    /// Whether it is the queue of dead letters.
    pub(crate) of_letters: bool,
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
                let queue = if self.of_letters { &mut state.letters } else { &mut state.chunks };
                queue.delay(receipt, state.now, delay.as_millis() as u64);
            });
            Ok(())
        };
        self.site.call(call, put_off).await
    }
}
