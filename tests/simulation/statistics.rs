//! How much happened in the schedules, so that one can see that they tested something.

use std::{fmt, ops::AddAssign};

use pgfold_core::{Consistency, Job, JobState};

use crate::fate::Fate;

/// What happened, counted.
#[derive(Debug, Default, Clone)]
pub(crate) struct Statistics {
    pub(crate) schedules: u64,
    pub(crate) jobs: u64,
    /// Jobs of more than 16 chunks, which DynamoDB keeps as trees.
    pub(crate) large: u64,
    pub(crate) calls: u64,
    /// Objects that mappers knew to be stored.
    pub(crate) objects: u64,
    /// Files of results that were ended.
    pub(crate) files: u64,
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
    /// Attempts that were noted as failed.
    pub(crate) noted: u64,
    pub(crate) interruptions: u64,
    /// Reminders that were sent, those that were put aside, and events that were announced.
    pub(crate) reminders: u64,
    pub(crate) reminders_aside: u64,
    pub(crate) announced: u64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    /// Jobs that read one snapshot, and how many of them completed.
    pub(crate) snapshots: u64,
    pub(crate) snapshots_completed: u64,
    /// Chunks that were read at a snapshot and recorded after it was past.
    pub(crate) outlived: u64,
    /// Jobs whose chunks each saw an instant of their own.
    pub(crate) mixed: u64,
    /// Jobs that failed, for not all their chunks were attached in time.
    pub(crate) not_attached: u64,
    /// Requests with a key whose job's snapshot was lost.
    pub(crate) lost_to_key: u64,
    /// Retries that were refused, for the job had ended for good or reads a snapshot.
    pub(crate) not_taken_up: u64,
    /// Mappers that found the snapshot gone.
    pub(crate) snapshots_gone: u64,
    /// Chunks whose groups the database aggregated.
    pub(crate) aggregated: u64,
    /// Mappers that found another table under the name.
    pub(crate) replaced: u64,
    /// Snapshots that the database let go of before their holder, and those that it held on for a
    /// holder that was no more.
    pub(crate) lapsed: u64,
    pub(crate) orphaned: u64,
    /// Submitters and mappers that the platform ended, for they took too long.
    pub(crate) timed_out: u64,
}

impl Statistics {
    /// # Panics
    /// If something never happened, so that nothing is known of it.
    pub(crate) fn assert_breadth(&self) {
        assert!(self.completed > self.jobs / 3, "few jobs completed: {self}");
        assert!(self.snapshots_completed > self.snapshots / 4, "few snapshots completed: {self}");
        let happened = [
            ("large jobs", self.large),
            ("failed", self.failed),
            ("cancelled", self.cancelled),
            ("lost", self.lost),
            ("objects", self.objects),
            ("files", self.files),
            ("redeliveries", self.redeliveries),
            ("echoes", self.echoes),
            ("poison", self.poison),
            ("dead letters", self.dead_letters),
            ("put aside", self.put_aside),
            ("failed attempts noted", self.noted),
            ("interruptions", self.interruptions),
            ("snapshots outlived", self.outlived),
            ("jobs of several instants", self.mixed),
            ("jobs not attached in time", self.not_attached),
            ("jobs lost to their key", self.lost_to_key),
            ("retries refused", self.not_taken_up),
            ("snapshots gone", self.snapshots_gone),
            ("chunks aggregated", self.aggregated),
            ("tables replaced", self.replaced),
            ("snapshots that lapsed", self.lapsed),
            ("snapshots of the dead", self.orphaned),
            ("events", self.announced),
            ("functions that timed out", self.timed_out),
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
        let snapshot = u64::from(job.computation.snapshot.is_some());
        self.snapshots += snapshot;
        match state {
            JobState::Completed(completed) => {
                self.completed += 1;
                self.snapshots_completed += snapshot;
                let mixed = completed.consistency_reached == Consistency::PerChunk;
                self.mixed += u64::from(mixed);
            }
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
        self.objects += other.objects;
        self.files += other.files;
        self.messages += other.messages;
        self.lost += other.lost;
        self.deliveries += other.deliveries;
        self.redeliveries += other.redeliveries;
        self.echoes += other.echoes;
        self.poison += other.poison;
        self.dead_letters += other.dead_letters;
        self.put_aside += other.put_aside;
        self.noted += other.noted;
        self.aggregated += other.aggregated;
        self.interruptions += other.interruptions;
        self.reminders += other.reminders;
        self.reminders_aside += other.reminders_aside;
        self.announced += other.announced;
        self.completed += other.completed;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.snapshots += other.snapshots;
        self.snapshots_completed += other.snapshots_completed;
        self.outlived += other.outlived;
        self.mixed += other.mixed;
        self.not_attached += other.not_attached;
        self.lost_to_key += other.lost_to_key;
        self.not_taken_up += other.not_taken_up;
        self.snapshots_gone += other.snapshots_gone;
        self.replaced += other.replaced;
        self.lapsed += other.lapsed;
        self.orphaned += other.orphaned;
        self.timed_out += other.timed_out;
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
            "  {} completed, {} failed, {} cancelled; {} saw several instants",
            self.completed, self.failed, self.cancelled, self.mixed
        )?;
        writeln!(
            f,
            "  {} of one snapshot, {} completed, {} not attached in time; {} chunks found it \
             gone, {} were done after it was past; {} lapsed, {} outlived their holder",
            self.snapshots,
            self.snapshots_completed,
            self.not_attached,
            self.snapshots_gone,
            self.outlived,
            self.lapsed,
            self.orphaned
        )?;
        writeln!(
            f,
            "  {} requests met a job whose snapshot was lost, {} retries were refused; {} chunks met \
             another table",
            self.lost_to_key, self.not_taken_up, self.replaced
        )?;
        writeln!(
            f,
            "  {} events, {} reminders, {} put aside",
            self.announced, self.reminders, self.reminders_aside
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
            "  {} objects, {} files; {} messages, {} lost for good, {} poison; {} deliveries, {} again, {} though \
             deleted or in hand",
            self.objects,
            self.files,
            self.messages,
            self.lost,
            self.poison,
            self.deliveries,
            self.redeliveries,
            self.echoes
        )?;
        write!(
            f,
            "  {} failed attempts noted, {} dead letters, {} put aside; {} mappers interrupted, {} \
             functions timed out",
            self.noted, self.dead_letters, self.put_aside, self.interruptions, self.timed_out
        )
    }
}
