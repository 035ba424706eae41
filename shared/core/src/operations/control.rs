use crate::{
    error::{Error, Result},
    job::{ChunkTask, Chunks, Job, JobId, JobPolicy, Reason, SkipReason},
    ports::{Clock, Queue, Store},
};

/// Why a job that reads one snapshot cannot be taken up again.
pub(crate) const SNAPSHOT_GONE: &str = "it reads one snapshot, which cannot be had again";

/// Acts on jobs that were submitted.
pub struct JobControl<'a> {
    /// Takes the messages to the mappers.
    pub queue: &'a dyn Queue,
    /// Keeps the jobs.
    pub store: &'a dyn Store,
    /// Dates what is done.
    pub clock: &'a dyn Clock,
    /// How long a job may take once it has been taken up again.
    pub policy: JobPolicy,
}

impl JobControl<'_> {
    /// Cancels a job, once or more often, and gives it.
    ///
    /// # Errors
    /// [`Error::AlreadyCompleted`], [`Error::Ended`] if it has expired, those of the store.
    pub async fn cancel(&self, job_id: JobId) -> Result<Job> {
        let (progress, now) = (self.store.progress(job_id).await?, self.clock.now());
        if now >= progress.job.expires_at {
            return Err(Error::Ended { job_id, reason: "the job has expired" });
        }
        self.store.cancel(job_id, now).await?;
        Ok(progress.job)
    }

    /// Takes a job up again: forgets why it failed, gives it a new deadline, and sends the chunks
    /// again that have no record. Gives the job, and says how many. Those that are being worked on
    /// are among them; they count once all the same.
    ///
    /// # Errors
    /// [`Error::AlreadyCompleted`]; [`Error::Ended`] if the job was cancelled or has expired, or
    /// reads one snapshot, which cannot be had again; those of the ports. If the chunks cannot be
    /// sent the job has failed again.
    pub async fn retry(&self, job_id: JobId) -> Result<(Job, usize)> {
        let (mut progress, now) = (self.store.progress(job_id).await?, self.clock.now());
        if progress.cancelled_at.is_none() && progress.done == progress.job.chunks {
            return Err(Error::AlreadyCompleted(job_id));
        }
        // What failed may be taken up again.
        progress.failure = None;
        let gone = progress.job.computation.snapshot.as_ref().map(|_| SNAPSHOT_GONE);
        if let Some(reason) = progress.ended(now).map(SkipReason::sentence).or(gone) {
            return Err(Error::Ended { job_id, reason });
        }
        self.store.reopen(&progress.job, now + self.policy.deadline).await?;
        let chunks = self.store.chunks(&progress.job).await?;
        let sent = send_or_fail(self.queue, self.store, &progress.job, &chunks).await?;
        Ok((progress.job, sent))
    }
}

/// Sends the messages of the chunks that have no record, and says how many. If that does not
/// succeed the job has failed, rather than being left to its deadline.
pub(crate) async fn send_or_fail(
    queue: &dyn Queue,
    store: &dyn Store,
    job: &Job,
    chunks: &Chunks,
) -> Result<usize> {
    let sent = send_missing(queue, job, chunks).await;
    if let Err(error) = &sent {
        let reason = Reason::new(format_args!("the chunks could not be queued: {error}"));
        // If this fails too, the deadline ends the job; the caller is told of the queue.
        let _ = store.fail_job(job.job_id, &reason).await;
    }
    sent
}

/// Sends the messages of the chunks that have no record, and says how many.
pub(crate) async fn send_missing(queue: &dyn Queue, job: &Job, chunks: &Chunks) -> Result<usize> {
    let missing = |task: &ChunkTask| !chunks.records.contains_key(&task.chunk);
    let tasks: Vec<ChunkTask> = job.chunk_tasks(&chunks.plan).filter(missing).collect();
    queue.send(&tasks).await?;
    Ok(tasks.len())
}
