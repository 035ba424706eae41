use crate::{
    Chunks, Claim, Clock, Error, IdempotencyKey, Job, JobPolicy, JobRequest, Plan, Progress, Queue,
    Result, Source, Store, TaskId, Timestamp,
    control::{send_missing, send_or_fail},
};

/// Starts jobs.
pub struct Submitter<'a> {
    /// The table.
    pub source: &'a dyn Source,
    /// Takes the messages to the mappers.
    pub queue: &'a dyn Queue,
    /// Keeps the jobs.
    pub store: &'a dyn Store,
    /// Dates the jobs.
    pub clock: &'a dyn Clock,
    /// How long jobs may take and are kept.
    pub policy: JobPolicy,
}

impl Submitter<'_> {
    /// Plans a job, keeps it in the store, then sends a message for each chunk.
    ///
    /// In this order, so that no mapper meets a message without its job. A job whose messages
    /// could not all be sent is failed, not left to its deadline.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a kernel or parameters that there are not, and those of the ports.
    pub async fn submit(&self, task_id: TaskId, request: JobRequest) -> Result<Job> {
        let expires_at = self.clock.now() + self.policy.ttl;
        let (job, chunks) = self.create(task_id, request, expires_at).await?;
        send_or_fail(self.queue, self.store, &job, &chunks).await?;
        Ok(job)
    }

    /// Submits a job once, however often it is asked to with the same key: gives the job that
    /// the key's first request started, as it is.
    ///
    /// A request that was cut off, or answered with an error, is carried on by the next one with
    /// its key, from where it came to. Two at the same time may both send the messages, of which
    /// one of each chunk counts.
    ///
    /// # Errors
    /// As for [`submit`](Submitter::submit), and [`Error::Invalid`] if the key belongs to another
    /// request. After any other the job is started by the next request with the key.
    pub async fn submit_once(
        &self,
        key: &IdempotencyKey,
        task_id: TaskId,
        request: JobRequest,
    ) -> Result<Job> {
        let now = self.clock.now();
        let expires_at = now + self.policy.ttl;
        let claim = Claim { task_id, request: request.clone(), claimed_at: now, expires_at };
        let held = self.store.claim(key, &claim).await?;
        if held.request != request {
            let task_id = held.task_id;
            let other = format!("the Idempotency-Key belongs to another request, of {task_id}");
            return Err(Error::Invalid(other));
        }
        let mut progress = match self.store.progress(held.task_id).await {
            Err(Error::NotFound(_)) => {
                match self.create(held.task_id, request, held.expires_at).await {
                    Ok((job, chunks)) => Progress { chunks: Some(chunks), ..Progress::new(job) },
                    Err(Error::AlreadyExists(_)) => self.store.progress(held.task_id).await?,
                    Err(error) => return Err(error),
                }
            }
            progress => progress?,
        };
        let failed = progress.failure.take().is_some();
        if progress.queued || progress.ended(now).is_some() {
            return Ok(progress.job);
        }
        if failed || now >= progress.deadline {
            self.store.reopen(&progress.job, now + self.policy.deadline).await?;
        }
        let chunks = progress.take_chunks(self.store).await?;
        send_missing(self.queue, &progress.job, &chunks).await?;
        self.store.mark_queued(progress.job.task_id).await?;
        Ok(progress.job)
    }

    /// Plans a job and keeps it until `expires_at`.
    async fn create(
        &self,
        task_id: TaskId,
        request: JobRequest,
        expires_at: Timestamp,
    ) -> Result<(Job, Chunks)> {
        let JobRequest { chunks, kernel, consistency } = request;
        let columns = kernel.open()?.columns();
        let now = self.clock.now();
        let statistics = self.source.statistics(columns).await?;
        let plan = Plan::new(statistics.as_ref(), chunks);
        let job = Job::new(task_id, kernel, consistency, &plan, now, self.policy);
        // The job of a key is known for as long as the key.
        let job = Job { expires_at, ..job };
        self.store.create(&job, &plan).await?;
        Ok((job, Chunks::new(plan)))
    }
}
