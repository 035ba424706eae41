use crate::{
    error::{Error, Result},
    job::{ChunkTask, Chunks, Job, JobId, JobPolicy, Reason, SkipReason, Stage},
    operations::remind::{remind, remind_later, watch},
    plan::ChunkIndex,
    ports::{Clock, Queue, Reminders, Store},
};

/// Why a job that reads one snapshot cannot be retried.
pub(crate) const SNAPSHOT_GONE: &str = "it reads one snapshot, which cannot be had again";

/// Cancels and retries jobs that were submitted.
pub struct JobControl<'a> {
    /// Sends the messages to the mappers.
    pub queue: &'a dyn Queue,
    /// Sends the messages to the reducers.
    pub reducers: &'a dyn Queue,
    /// Sends the reminders of the jobs' endings.
    pub reminders: &'a dyn Reminders,
    /// Stores the jobs.
    pub store: &'a dyn Store,
    /// Returns the time of each action.
    pub clock: &'a dyn Clock,
    /// The deadline of a job after a retry.
    pub policy: JobPolicy,
}

impl JobControl<'_> {
    /// Cancels a job and returns it. A repeated call changes nothing.
    ///
    /// # Errors
    /// [`Error::AlreadyCompleted`]; [`Error::Ended`] if the job has expired; those of the ports. If
    /// the reminder of the ending cannot be sent, the job is cancelled all the same; call again.
    pub async fn cancel(&self, job_id: JobId) -> Result<Job> {
        let (progress, now) = (self.store.progress(job_id).await?, self.clock.now());
        if now >= progress.job.expires_at {
            return Err(Error::Ended { job_id, reason: "the job has expired" });
        }
        // Nobody repeats the request if this process dies in it.
        remind_later(self.reminders, &progress.job).await?;
        self.store.cancel(job_id, now).await?;
        remind(self.reminders, &progress.job).await?;
        Ok(progress.job)
    }

    /// Retries a job: removes the reasons why it failed, sets a new deadline, and sends the chunks
    /// without a record again. Returns the job and the number of chunks sent. These include chunks
    /// that a mapper is folding at the time; each chunk still counts once.
    ///
    /// # Errors
    /// [`Error::AlreadyCompleted`]; [`Error::Ended`] if the job was cancelled, has expired, or
    /// reads one snapshot, which no longer exists; those of the ports. If the chunks cannot be
    /// sent, the job fails again.
    pub async fn retry(&self, job_id: JobId) -> Result<(Job, usize)> {
        let (mut progress, now) = (self.store.progress(job_id).await?, self.clock.now());
        if progress.cancelled_at.is_none() && progress.done == progress.job.chunks {
            return Err(Error::AlreadyCompleted(job_id));
        }
        // A failure does not keep the job from being retried.
        progress.failure = None;
        let gone = progress.job.computation.snapshot.as_ref().map(|_| SNAPSHOT_GONE);
        if let Some(reason) = progress.ended(now).map(SkipReason::sentence).or(gone) {
            return Err(Error::Ended { job_id, reason });
        }
        let deadline = now + self.policy.deadline;
        watch(self.reminders, &progress.job, deadline, now).await?;
        self.store.reopen(&progress.job, deadline).await?;
        let chunks = self.store.chunks(&progress.job).await?;
        let job = &progress.job;
        let (queue, stage) = match chunks.missing().all(|chunk| job.is_partition(chunk)) {
            // Reducers may work only when all chunks of the source count.
            true => {
                self.count(job).await?;
                (self.reducers, Stage::Reduce)
            }
            false => (self.queue, Stage::Map),
        };
        let sent = send_or_fail(queue, self.store, self.reminders, job, &chunks, stage).await?;
        Ok((progress.job, sent))
    }

    /// Makes every recorded chunk of a job's source count. The mapper of the last may be between its
    /// record and its count.
    async fn count(&self, job: &Job) -> Result<()> {
        let progress = self.store.progress(job.job_id).await?;
        if progress.stage() > Stage::Map {
            return Ok(());
        }
        // One chunk of each piece makes all of the piece count.
        for chunk in (0..job.source_chunks()).step_by(job.piece.get().into()) {
            self.store.open(job.job_id, &job.plan, ChunkIndex(chunk)).await?;
        }
        Ok(())
    }
}

/// Sends the messages of the chunks of a stage without a record, and returns their number. If that
/// fails, the job fails at once, not only at its deadline.
pub(crate) async fn send_or_fail(
    queue: &dyn Queue,
    store: &dyn Store,
    reminders: &dyn Reminders,
    job: &Job,
    chunks: &Chunks,
    stage: Stage,
) -> Result<usize> {
    let sent = send_missing(queue, job, chunks, stage).await;
    if let Err(error) = &sent {
        let reason = Reason::new(format_args!("the chunks could not be queued: {error}"));
        // The caller gets the queue's error.
        let _ = fail_job(store, reminders, job, &reason).await;
    }
    sent
}

/// Fails a job as a whole, and sends the reminder that it has ended. If that does not succeed, the
/// job fails at its deadline, or its watch announces the failure.
pub(crate) async fn fail_job(
    store: &dyn Store,
    reminders: &dyn Reminders,
    job: &Job,
    reason: &Reason,
) -> Result<()> {
    store.fail_job(job.job_id, reason).await?;
    remind(reminders, job).await
}

/// Sends the messages of the chunks of a stage without a record, and returns their number.
pub(crate) async fn send_missing(
    queue: &dyn Queue,
    job: &Job,
    chunks: &Chunks,
    stage: Stage,
) -> Result<usize> {
    let is_sent = |task: &ChunkTask| {
        let is_of_stage = job.is_partition(task.chunk) == (stage == Stage::Reduce);
        is_of_stage && !chunks.records.contains_key(&task.chunk)
    };
    let tasks: Vec<ChunkTask> = job.chunk_tasks(&chunks.plan).filter(is_sent).collect();
    queue.send(&tasks).await?;
    Ok(tasks.len())
}
