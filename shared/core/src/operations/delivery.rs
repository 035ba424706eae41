use std::time::Duration;

use crate::job::Timestamp;

/// A delivery of a message to a mapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// The number of deliveries of the message, this one included.
    pub attempt: u32,
    /// The most deliveries of the message. Then it becomes a dead letter.
    pub max_attempts: u32,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
    /// When the message was sent; `None` if the queue does not report it.
    pub sent_at: Option<Timestamp>,
    /// When the message was delivered for the first time; `None` if the queue does not report it.
    pub first_received_at: Option<Timestamp>,
    /// The longest time that a mapper runs after it has received a message.
    pub lifetime: Duration,
}

impl Delivery {
    /// Returns whether a mapper that received the message earlier may still be working on it.
    pub(crate) fn may_overlap_another(&self, now: Timestamp) -> bool {
        let over = |received_at| received_at + self.lifetime <= now;
        self.attempt > 1 && !self.first_received_at.is_some_and(over)
    }
}

/// Returns the delay of a message that failed at its `attempt`th delivery: 2, 8, 32, 128, 512
/// seconds, then 15 minutes. With these delays the usual 5 deliveries outlast a failover of the
/// database and a deployment.
pub fn backoff(attempt: u32) -> Duration {
    let doublings = 2 * attempt.saturating_sub(1).min(8);
    Duration::from_secs((2_u64 << doublings).min(15 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_mapper_may_read_the_chunk_until_its_lifetime_is_over() {
        let second = |seconds: u64| Timestamp::from_millis(1000 * seconds);
        let delivery = |attempt, first_received_at| Delivery {
            attempt,
            max_attempts: 5,
            memory_mb: 1769,
            sent_at: None,
            first_received_at,
            lifetime: Duration::from_secs(60),
        };
        assert!(!delivery(1, None).may_overlap_another(second(1)));
        assert!(delivery(2, None).may_overlap_another(second(1000)));
        assert!(delivery(2, Some(second(10))).may_overlap_another(second(69)));
        assert!(!delivery(2, Some(second(10))).may_overlap_another(second(70)));
    }

    #[test]
    fn a_message_is_delayed_longer_each_time() {
        let delays: Vec<u64> = (1..=8).map(|attempt| backoff(attempt).as_secs()).collect();
        assert_eq!(delays, [2, 8, 32, 128, 512, 900, 900, 900]);
        assert_eq!((backoff(0).as_secs(), backoff(1000).as_secs()), (2, 900));
    }
}
