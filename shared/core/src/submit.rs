use crate::{
    Clock, Failure, FailureScope, Job, JobPolicy, JobRequest, Plan, Queue, Result, Source, Store,
    TaskId,
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
    /// [`Error::Invalid`](crate::Error::Invalid) for a kernel or parameters that there are not,
    /// and those of the ports.
    pub async fn submit(&self, task_id: TaskId, request: JobRequest) -> Result<Job> {
        let kernel = request.kernel.open()?;
        let created_at = self.clock.now();
        let statistics = self.source.statistics(kernel.columns()).await?;
        let job = Job {
            task_id,
            kernel: request.kernel,
            consistency: request.consistency,
            plan: Plan::new(statistics.as_ref(), request.chunks),
            created_at,
            deadline: created_at + self.policy.deadline,
            expires_at: created_at + self.policy.ttl,
        };
        self.store.create(&job).await?;
        if let Err(error) = self.queue.send(&job.map_tasks()).await {
            let reason = format!("the chunks could not be queued, for {error}");
            // If this fails too, the deadline ends the job; the caller is told of the queue.
            let _ = self.store.fail(task_id, &Failure { scope: FailureScope::Job, reason }).await;
            return Err(error);
        }
        Ok(job)
    }
}
