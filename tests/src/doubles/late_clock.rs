use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_adapters::SystemClock;
use pgfold_core::{Clock, Timestamp};

/// The system's clock, put forward by as much as the test says. Sleep takes its time.
#[derive(Debug, Default)]
pub struct LateClock(AtomicU64);

impl LateClock {
    /// Puts the clock forward.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Relaxed);
    }
}

#[async_trait]
impl Clock for LateClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + Duration::from_secs(self.0.load(Relaxed))
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}
