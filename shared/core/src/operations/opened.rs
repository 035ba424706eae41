use crate::{
    error::{Error, Result},
    job::{ChunkTask, Job, Reason, SkipReason, Timestamp},
    ports::{Clock, OpenChunk, Store},
};

/// What is to be done with a chunk.
pub(crate) enum Opened {
    /// It is to be folded.
    Wanted(Job),
    /// Nothing: it has its record.
    Recorded(Job),
    /// Nothing: its job has ended or is not known.
    Unwanted(SkipReason),
}

impl Opened {
    /// What is to be done with the chunk of a message, at the time `now`.
    ///
    /// # Errors
    /// Those of [`Store::open`] except [`Error::NotFound`]; [`Error::OtherPlan`] also if the
    /// message's rows or computation are not the job's.
    pub(crate) async fn new(store: &dyn Store, task: &ChunkTask, now: Timestamp) -> Result<Self> {
        // Without asking the store, which may have forgotten the job by now.
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
        if task.range != range || task.computation != job.computation {
            return Err(Error::OtherPlan(task.job_id));
        }
        Ok(match ended {
            _ if recorded => Self::Recorded(job),
            Some(why) => Self::Unwanted(why),
            None => Self::Wanted(job),
        })
    }

    /// The job that wants the chunk, or why it is not wanted.
    pub(crate) fn wanted(self) -> Result<Job, SkipReason> {
        match self {
            Self::Wanted(job) => Ok(job),
            Self::Recorded(_) => Err(SkipReason::Recorded),
            Self::Unwanted(why) => Err(why),
        }
    }
}

/// Stores with a job why a chunk of it will not come by itself. Where nobody waits for the chunk
/// any more, stores nothing and returns why. The chunk still counts if somebody sends it again and
/// it succeeds.
///
/// # Errors
/// [`Error::OtherPlan`] if the message fits no job; otherwise those of [`Store::open`] and
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
