use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_core::{Clock, Timestamp};

/// A clock that the test moves. Sleep moves it as well, and is over at once.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// What the clock shows at first, in milliseconds.
    pub const START: u64 = 1_000_000;

    /// Puts the clock forward.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(1000 * seconds, Relaxed);
    }

    /// Milliseconds since the start.
    pub fn passed(&self) -> u64 {
        self.0.load(Relaxed) - Self::START
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicU64::new(Self::START))
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Relaxed))
    }

    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(duration.as_millis() as u64, Relaxed);
        // Others may have something to do meanwhile.
        tokio::task::yield_now().await;
    }
}
