use std::time::Duration;

use async_trait::async_trait;
use pgfold_core::{Clock, Timestamp};

/// A clock that stands still, for code that does not wait.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _: Duration) {
        panic!("a clock that stands still ends no sleep")
    }
}
