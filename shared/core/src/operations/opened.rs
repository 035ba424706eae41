use crate::{
    error::{Error, Result},
    job::{ChunkTask, Job, SkipReason, Stage, Timestamp},
    ports::{OpenChunk, Store},
};

/// What is done with a chunk.
pub(crate) enum Opened {
    /// It is folded or merged.
    Wanted(Job),
    /// It is skipped because it has its record, with which the job is in this stage. `None` if the job
    /// was cancelled or has expired, and nothing follows.
    Recorded(Job, Option<Stage>),
    /// It is skipped because the job has ended or is not known.
    Unwanted(SkipReason),
}

impl Opened {
    /// Decides what to do with the chunk of a message at the time `now`.
    ///
    /// # Errors
    /// Those of [`Store::open`] except [`Error::NotFound`]; [`Error::OtherPlan`] also if the range
    /// of the message is not that of the job.
    pub(crate) async fn new(store: &dyn Store, task: &ChunkTask, now: Timestamp) -> Result<Self> {
        // Decided before the store is asked, because it may have deleted the job by now.
        if now >= task.expires_at {
            return Ok(Self::Unwanted(SkipReason::Expired));
        }
        let opened = match store.open(task.job_id, &task.plan, task.chunk).await {
            Err(Error::NotFound(_)) => return Ok(Self::Unwanted(SkipReason::Unknown)),
            opened => opened?,
        };
        let OpenChunk { progress, range, recorded } = opened;
        let ended = progress.ended(now);
        let job = progress.job;
        if task.range != range {
            return Err(Error::OtherPlan(task.job_id));
        }
        Ok(match (recorded, ended) {
            (Some(_), Some(SkipReason::Cancelled | SkipReason::Expired)) => {
                Self::Recorded(job, None)
            }
            // Whether it is completed, its stage says. One that has failed may still complete.
            (Some(stage), _) => Self::Recorded(job, Some(stage)),
            (None, Some(why)) => Self::Unwanted(why),
            (None, None) => Self::Wanted(job),
        })
    }

    /// Returns the job that wants the chunk, or why no job does.
    pub(crate) fn wanted(self) -> Result<Job, SkipReason> {
        match self {
            Self::Wanted(job) => Ok(job),
            Self::Recorded(..) => Err(SkipReason::Recorded),
            Self::Unwanted(why) => Err(why),
        }
    }
}
