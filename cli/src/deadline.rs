//! The deadline of `--timeout`.

use std::future;

use tokio::time::{Instant, sleep_until};

/// Returns once the deadline has passed; never without a deadline.
pub(crate) async fn deadline(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => future::pending().await,
    }
}
