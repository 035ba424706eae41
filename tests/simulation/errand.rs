//! What people want of the service in a schedule, and when.

use pgfold_core::JobRequest;
use pgfold_tests::Random;

use crate::{poison::Poison, setting::request};

/// Something that somebody wants to be done, perhaps again and again.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) what: What,
    /// When it is next to be done, in milliseconds from the start of the schedule.
    pub(crate) due: u64,
    /// How often it may be done yet.
    pub(crate) times: u32,
    /// Whether it is being done.
    pub(crate) busy: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Submit a job, perhaps with an idempotency key.
    Post { key: Option<u8>, request: JobRequest },
    /// Ask how a job would be carried out.
    DryRun(JobRequest),
    /// Ask for the state of a job.
    Poll,
    /// Cancel a job.
    Cancel,
    /// Send what is missing of a job again.
    Retry,
    /// Put a message into the queue that fits no job.
    Spoil(Poison),
    /// Have the queue deliver a message once more, whether it was deleted or is being handled.
    Echo,
}

impl Errand {
    fn new(what: What, due: u64, times: u32) -> Self {
        Self { what, due, times, busy: false }
    }

    /// The errands of a schedule whose jobs have `deadline` milliseconds and so many mappers at a
    /// time.
    pub(crate) fn of_a_schedule(random: &mut Random, deadline: u64, mappers: u64) -> Vec<Self> {
        let mut errands = Vec::new();
        let shared = request(random, mappers);
        for _ in 0..random.pick(&[1, 1, 2, 3]) {
            let key = random.pick(&[None, Some(0), Some(0), Some(1)]);
            let request = match key {
                // Of those with one key some do not want the same.
                Some(0) if !random.chance(5) => shared.clone(),
                _ => request(random, mappers),
            };
            let times = if key.is_some() { 8 } else { random.between(1, 2) as u32 };
            errands.push(Self::new(What::Post { key, request }, random.below(3_000), times));
        }
        for _ in 0..random.between(1, 2) {
            errands.push(Self::new(What::Poll, random.below(5_000), 8));
        }
        // Most while there is a lot going on, some long after.
        let mut seldom = |percent, what: What, random: &mut Random| {
            if random.chance(percent) {
                let within = random.pick(&[5_000, 5_000, 30_000, 3 * deadline]);
                errands.push(Self::new(what, random.below(within), 2));
            }
        };
        seldom(20, What::Cancel, random);
        seldom(30, What::Retry, random);
        seldom(10, What::Retry, random);
        let asked = request(random, mappers);
        seldom(10, What::DryRun(asked), random);
        for _ in 0..4 {
            seldom(35, What::Echo, random);
            let poison = random.pick(&Poison::ALL);
            seldom(15, What::Spoil(poison), random);
        }
        errands
    }

    pub(crate) fn is_due(&self, now: u64) -> bool {
        !self.busy && self.times > 0 && self.due <= now
    }

    /// When it will be due, if it is not yet.
    pub(crate) fn next_due(&self, now: u64) -> Option<u64> {
        (!self.busy && self.times > 0 && self.due > now).then_some(self.due)
    }

    /// Takes note that it was done once, at the time `now`; or is `satisfied` for good.
    pub(crate) fn done(&mut self, now: u64, satisfied: bool, random: &mut Random) {
        self.busy = false;
        self.times = self.times.saturating_sub(1);
        if satisfied && !random.chance(15) {
            self.times = 0;
        }
        let longest = random.pick(&[2_000, 20_000, 200_000, 2_000_000]);
        self.due = now + random.below(longest);
    }
}
