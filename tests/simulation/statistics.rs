//! How much happened in the schedules, so that one can see that they tested something.

use std::{fmt, ops::AddAssign};

use pgfold_core::{Job, JobState};

use crate::fate::Fate;

/// What happened, counted.
#[derive(Debug, Default, Clone)]
pub(crate) struct Statistics {
    pub(crate) schedules: u64,
    pub(crate) jobs: u64,
    /// Jobs of more than 16 chunks, of which DynamoDB makes trees.
    pub(crate) large: u64,
    pub(crate) calls: u64,
    /// By [`Fate`].
    pub(crate) fates: [u64; Fate::ALL],
    pub(crate) messages: u64,
    pub(crate) lost: u64,
    pub(crate) deliveries: u64,
    pub(crate) redeliveries: u64,
    pub(crate) echoes: u64,
    pub(crate) poison: u64,
    pub(crate) dead_letters: u64,
    pub(crate) put_aside: u64,
    pub(crate) interruptions: u64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
}

impl Statistics {
    /// # Panics
    /// If something never happened, so that nothing is known of it.
    pub(crate) fn assert_breadth(&self) {
        assert!(self.completed > self.jobs / 3, "few jobs completed: {self}");
        let happened = [
            ("large jobs", self.large),
            ("failed", self.failed),
            ("cancelled", self.cancelled),
            ("lost", self.lost),
            ("redeliveries", self.redeliveries),
            ("echoes", self.echoes),
            ("poison", self.poison),
            ("dead letters", self.dead_letters),
            ("put aside", self.put_aside),
            ("interruptions", self.interruptions),
        ];
        for (what, times) in happened {
            assert!(times > 0, "no {what}: {self}");
        }
        assert!(self.fates.iter().all(|&times| times > 0), "a fault never occurred: {self}");
    }

    /// Counts how a job ended.
    pub(crate) fn ended(&mut self, job: &Job, state: &JobState) {
        self.jobs += 1;
        self.large += u64::from(job.chunks > 16);
        match state {
            JobState::Completed(_) => self.completed += 1,
            JobState::Failed { .. } => self.failed += 1,
            JobState::Cancelled => self.cancelled += 1,
            JobState::Pending { .. } | JobState::Expired => {}
        }
    }
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.jobs += other.jobs;
        self.large += other.large;
        self.calls += other.calls;
        for (sum, more) in self.fates.iter_mut().zip(other.fates) {
            *sum += more;
        }
        self.messages += other.messages;
        self.lost += other.lost;
        self.deliveries += other.deliveries;
        self.redeliveries += other.redeliveries;
        self.echoes += other.echoes;
        self.poison += other.poison;
        self.dead_letters += other.dead_letters;
        self.put_aside += other.put_aside;
        self.interruptions += other.interruptions;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = |fate: Fate| self.fates[fate as usize];
        let killed = [Fate::KilledBefore, Fate::KilledHalfway, Fate::KilledAfter].map(fate);
        writeln!(
            f,
            "{} schedules, {} jobs, {} of them large:",
            self.schedules, self.jobs, self.large
        )?;
        writeln!(
            f,
            "  {} completed, {} failed, {} cancelled",
            self.completed, self.failed, self.cancelled
        )?;
        writeln!(
            f,
            "  {} calls: {} refused, {} replies lost, {} halfway, {} misconfigured; {} killed",
            self.calls,
            fate(Fate::Refused),
            fate(Fate::ReplyLost),
            fate(Fate::Halfway),
            fate(Fate::Misconfigured),
            killed.iter().sum::<u64>()
        )?;
        writeln!(
            f,
            "  {} messages, {} lost for good, {} poison; {} deliveries, {} again, {} though \
             deleted or in hand",
            self.messages, self.lost, self.poison, self.deliveries, self.redeliveries, self.echoes
        )?;
        write!(
            f,
            "  {} dead letters, {} put aside; {} mappers interrupted",
            self.dead_letters, self.put_aside, self.interruptions
        )
    }
}
