use crate::job::{
    Announcement, FailedAttempts, Job, LastError, SkipReason, Stage, Tally, Timestamp,
};

/// The progress of a job, as one read of the store returns it. The read is small however many
/// chunks the job has.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The job.
    pub job: Job,
    /// How many chunks count: all of them once the job is complete. Before that some that have
    /// their record may not be in it yet.
    pub done: u16,
    /// The sums over the chunks that count.
    pub tally: Tally,
    /// The sums over the failed attempts, which are not in the tally.
    pub failed: FailedAttempts,
    /// The error of the latest failed attempt, of all chunks. The chunk may have its record since.
    pub last_error: Option<LastError>,
    /// From when on the job has failed if a chunk is missing: its own deadline, or the one that
    /// was set when its chunks were sent again.
    pub deadline: Timestamp,
    /// Whether all messages of the job are known to have been sent.
    pub queued: bool,
    /// How many chunks have been attached to the job's snapshot.
    pub attached: u16,
    /// How long the snapshot was held, in milliseconds, once it has been released.
    pub held_ms: Option<u64>,
    /// When the job was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Why the job as a whole failed, in a sentence for its owner.
    pub failure: Option<String>,
    /// Whether a chunk has failed. It may have succeeded since.
    pub chunk_failed: bool,
    /// The event about its ending that was announced last.
    pub announced: Option<Announcement>,
}

impl Progress {
    /// Makes the progress of a new job, before anything else is stored.
    pub fn new(job: Job) -> Self {
        Self {
            deadline: job.deadline,
            job,
            done: 0,
            tally: Tally::default(),
            failed: FailedAttempts::default(),
            last_error: None,
            queued: false,
            attached: 0,
            held_ms: None,
            cancelled_at: None,
            failure: None,
            chunk_failed: false,
            announced: None,
        }
    }

    /// Returns the stage of the job, as far as chunks count.
    pub const fn stage(&self) -> Stage {
        self.job.stage(self.done)
    }

    /// Returns the milliseconds of the mappers' work on the chunks of `tally`, and of failed
    /// attempts.
    pub fn map_ms(&self, tally: &Tally) -> u64 {
        tally.map_ms + self.failed.map_ms
    }

    /// Returns why no chunk can change the job any more at the time `now`, if that is so.
    pub fn ended(&self, now: Timestamp) -> Option<SkipReason> {
        if now >= self.job.expires_at {
            Some(SkipReason::Expired)
        } else if self.cancelled_at.is_some() {
            Some(SkipReason::Cancelled)
        } else if self.failure.is_some() {
            Some(SkipReason::Failed)
        } else if self.done >= self.job.chunks {
            Some(SkipReason::Completed)
        } else {
            None
        }
    }
}
