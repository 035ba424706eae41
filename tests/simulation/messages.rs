//! A queue as SQS is one: at least once, in any order, with a visibility timeout, a limit to
//! deliveries, and messages that come again though they were deleted.

use std::fmt;

use pgfold_core::{ChunkIndex, JobId};
use pgfold_tests::Random;

/// The messages of a queue. Times are milliseconds from the start of the schedule.
#[derive(Debug)]
pub(crate) struct Messages {
    all: Vec<Message>,
    visibility: u64,
    max_attempts: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) body: String,
    /// The chunk that it was sent for; of a message that fits no job, none.
    pub(crate) chunk: Option<(JobId, ChunkIndex)>,
    pub(crate) sent: u64,
    /// When it was delivered for the first time.
    pub(crate) first_received: u64,
    visible: u64,
    attempts: u32,
    gone: bool,
}

/// A message on its way to a function.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) message: Message,
    pub(crate) receipt: Receipt,
}

/// What a queue calls a delivery: which message, the how manieth time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) number: usize,
    pub(crate) attempt: u32,
}

impl Receipt {
    /// The receipt that was written as this text.
    pub(crate) fn read(text: &str) -> Self {
        let (number, attempt) = text.split_once(' ').unwrap();
        Self { number: number.parse().unwrap(), attempt: attempt.parse().unwrap() }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.attempt)
    }
}

impl Messages {
    pub(crate) fn new(visibility: u64, max_attempts: u32) -> Self {
        Self { all: Vec::new(), visibility, max_attempts }
    }

    pub(crate) fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// Takes a message, to be delivered after `delay`; one that is `lost` is never delivered.
    pub(crate) fn put(
        &mut self,
        body: String,
        chunk: Option<(JobId, ChunkIndex)>,
        lost: bool,
        now: u64,
        delay: u64,
    ) {
        let (sent, first_received, visible) = (now, now, now + delay);
        let (attempts, gone) = (0, lost);
        self.all.push(Message { body, chunk, sent, first_received, visible, attempts, gone });
    }

    /// Whether a message waits to be delivered.
    pub(crate) fn any_visible(&self, now: u64) -> bool {
        self.all.iter().any(|message| message.is_visible(now))
    }

    /// When the next message will be visible that is not yet.
    pub(crate) fn next_visible(&self, now: u64) -> Option<u64> {
        let hidden = self.all.iter().filter(|message| !message.gone && message.visible > now);
        hidden.map(|message| message.visible).min()
    }

    /// Delivers a message that is visible, or with `echo` any that ever was in the queue. The
    /// other case of the result is one that was delivered too often already; it is gone now.
    pub(crate) fn receive(
        &mut self,
        now: u64,
        echo: bool,
        random: &mut Random,
    ) -> Option<Result<Received, Message>> {
        let candidates: Vec<usize> = (0..self.all.len())
            .filter(|&number| echo || self.all[number].is_visible(now))
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let number = random.pick(&candidates);
        let message = &mut self.all[number];
        if message.attempts >= self.max_attempts {
            message.gone = true;
            return Some(Err(message.clone()));
        }
        if message.attempts == 0 {
            message.first_received = now;
        }
        message.attempts += 1;
        message.visible = now + self.visibility;
        message.gone = false;
        let receipt = Receipt { number, attempt: message.attempts };
        Some(Ok(Received { message: message.clone(), receipt }))
    }

    /// Deletes a message. With a receipt that is not its latest that may do nothing.
    pub(crate) fn delete(&mut self, receipt: Receipt, random: &mut Random) {
        let message = &mut self.all[receipt.number];
        if message.attempts == receipt.attempt || random.chance(50) {
            message.gone = true;
        }
    }

    /// Sends a message back after `delay`; with an old receipt that does nothing.
    pub(crate) fn delay(&mut self, receipt: Receipt, now: u64, delay: u64) {
        let message = &mut self.all[receipt.number];
        if message.attempts == receipt.attempt {
            message.visible = now + delay;
        }
    }
}

impl Message {
    fn is_visible(&self, now: u64) -> bool {
        !self.gone && self.visible <= now
    }
}
