use crate::job::{FailedAttempts, Job, LastError, SkipReason, Tally, Timestamp};

/// Where a job stands, as one read of the store tells it: a read that is small however many
/// chunks the job has.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The job.
    pub job: Job,
    /// How many chunks count: all of them once the job is complete. Before that some that have
    /// their record may not be in it yet.
    pub done: u16,
    /// What those have come to.
    pub tally: Tally,
    /// The attempts that failed, added up. What they took is not in the tally.
    pub failed: FailedAttempts,
    /// How the latest of those ended, of all chunks. The chunk may have its record since.
    pub last_error: Option<LastError>,
    /// From when on the job has failed if a chunk is missing: its own deadline, or the one that
    /// was set when its chunks were sent again.
    pub deadline: Timestamp,
    /// Whether all messages of the job are known to have been sent.
    pub queued: bool,
    /// How many chunks have been attached to the job's snapshot.
    pub attached: u16,
    /// How long that was held, in milliseconds, once it has been let go of.
    pub held_ms: Option<u64>,
    /// When the job was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Why the job as a whole failed, in a sentence for its owner.
    pub failure: Option<String>,
    /// Whether a chunk has failed. It may have succeeded since.
    pub chunk_failed: bool,
}

impl Progress {
    /// A job of which nothing is kept yet but itself.
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
        }
    }

    /// Milliseconds of the mappers' work on the chunks that came to `tally`, and of attempts that
    /// failed.
    pub fn map_ms(&self, tally: &Tally) -> u64 {
        tally.map_ms + self.failed.map_ms
    }

    /// Why no chunk can change the job any more, if that is so at the time `now`.
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
