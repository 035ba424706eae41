//! How large a model is, and what is wrong with it.

use crate::flaw::Flaw;

/// The most chunks and partitions of a job; a state has room for so many.
pub(crate) const MOST_CHUNKS: usize = 3;
pub(crate) const MOST_PARTITIONS: usize = 2;

/// How many mappers run at once, and how many reducers.
pub(crate) const AT_ONCE: usize = 2;

/// The bounds of a model. All that can happen within them is explored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// The chunks of the job.
    pub(crate) chunks: usize,
    /// The partitions of the second stage; 0 if the job has no second stage.
    pub(crate) partitions: usize,
    /// How many messages of a piece may wait in the queue at the same time. If more are sent, they
    /// are not told from those. At most 2.
    pub(crate) copies: usize,
    /// `MaxAttempts`: the most deliveries of a message before it becomes a dead letter.
    pub(crate) max_attempts: u8,
    /// How often something goes wrong: a function dies between two requests, a read fails, a send is
    /// cut off, the reply to a write is lost.
    pub(crate) faults: u8,
    /// How often the visibility timeout of somebody who is still at work is over, and so another
    /// receives the message, or it becomes a dead letter. That a message comes back whose mapper
    /// died or failed is free.
    pub(crate) lapses: u8,
    /// How often a late mapper sends the messages of the reducers once more.
    pub(crate) resends: u8,
    /// How often somebody cancels the job.
    pub(crate) cancels: u8,
    /// How often somebody retries the job.
    pub(crate) retries: u8,
    /// Whether the job has an `Idempotency-Key`, and how often its request is repeated.
    pub(crate) repeats: Option<u8>,
    /// What is wrong.
    pub(crate) flaw: Option<Flaw>,
}

impl Setting {
    /// Today's protocol: one stage.
    pub(crate) const ONE_STAGE: Self = Self {
        chunks: 3,
        partitions: 0,
        copies: 2,
        max_attempts: 2,
        faults: 2,
        lapses: 2,
        resends: 0,
        cancels: 1,
        retries: 1,
        repeats: None,
        flaw: None,
    };

    /// The protocol with its second stage.
    pub(crate) const TWO_STAGES: Self =
        Self { partitions: 2, copies: 1, lapses: 1, ..Self::ONE_STAGE };

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}
