use crate::{
    error::{Error, Result},
    job::{ChunkTask, Job, Reason, SkipReason, Timestamp},
    ports::{Clock, OpenChunk, Store},
};

/// What a mapper does with a chunk.
pub(crate) enum Opened {
    /// The mapper folds it.
    Wanted(Job),
    /// The mapper skips it because the chunk has its record.
    Recorded(Job),
    /// The mapper skips it because the job has ended or is not known.
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
        Ok(match ended {
            _ if recorded => Self::Recorded(job),
            Some(why) => Self::Unwanted(why),
            None => Self::Wanted(job),
        })
    }

    /// Returns the job that wants the chunk, or why no job does.
    pub(crate) fn wanted(self) -> Result<Job, SkipReason> {
        match self {
            Self::Wanted(job) => Ok(job),
            Self::Recorded(_) => Err(SkipReason::Recorded),
            Self::Unwanted(why) => Err(why),
        }
    }
}

/// Stores why a chunk of a job was given up. If the job does not need the chunk any more, stores
/// nothing and returns why. The chunk still counts if its message is sent again and it succeeds.
///
/// # Errors
/// [`Error::OtherPlan`] if the message does not fit its job; those of [`Store::open`] and
/// [`Store::fail_chunk`], except [`Error::NotFound`].
pub async fn give_up(
    store: &dyn Store,
    clock: &dyn Clock,
    task: &ChunkTask,
    reason: &Reason,
) -> Result<Option<SkipReason>> {
    let job = match Opened::new(store, task, clock.now()).await?.wanted() {
        Ok(job) => job,
        Err(why) => return Ok(Some(why)),
    };
    match store.fail_chunk(&job, task.chunk, reason).await {
        Err(Error::NotFound(_)) => Ok(Some(SkipReason::Unknown)),
        failed => failed.map(|()| None),
    }
}
