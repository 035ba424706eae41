//! Time that passes when a test, or whoever sleeps, says so.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_core::{Clock, Timestamp};

/// What the clock shows at first, in milliseconds. Messages were sent a little earlier.
pub(crate) const START: u64 = 1_000_000;

/// A clock on which sleep is over at once, and took its time all the same.
pub(crate) struct ManualClock(AtomicU64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicU64::new(START))
    }
}

impl ManualClock {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(1000 * seconds, Ordering::Relaxed);
    }

    /// Milliseconds since the start.
    pub(crate) fn passed(&self) -> u64 {
        self.0.load(Ordering::Relaxed) - START
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    async fn sleep(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::Relaxed);
        // For those who are to do something meanwhile.
        tokio::task::yield_now().await;
    }
}
