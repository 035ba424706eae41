use crate::{
    error::{Error, Result},
    job::{ChunkRecord, ChunkTask, FailedAttempt, Job, Reason, SkipReason, Stage, Timestamp},
    operations::{
        Delivery, Failure, Mapped, Reported, StageEnd, opened::Opened, remind::remind,
        unless::unless,
    },
    plan::ChunkIndex,
    ports::Clock,
};

/// Stores what became of the chunks of messages, and does what follows.
#[derive(Clone, Copy)]
pub struct Recorder<'a> {
    /// Stores the records, and does what follows when a stage ends.
    pub end: StageEnd<'a>,
    /// Returns the time of the records.
    pub clock: &'a dyn Clock,
}

impl Recorder<'_> {
    /// Returns the job that wants the chunk of a message, or why no job does. If the chunk has its
    /// record, counts the delivery as discarded and does what follows.
    ///
    /// # Errors
    /// Those of [`Store::open`](crate::Store::open) except [`Error::NotFound`], and of what follows.
    pub(crate) async fn begin(&self, task: &ChunkTask) -> Result<Result<Job, SkipReason>> {
        let opened = self.open(task).await?;
        if let Opened::Recorded(job, _) = &opened {
            self.discard(job, task.chunk).await;
        }
        Ok(opened.wanted())
    }

    /// Decides what to do with the chunk of a message. If it has its record, does what follows.
    async fn open(&self, task: &ChunkTask) -> Result<Opened> {
        let opened = Opened::new(self.end.store, task, self.clock.now()).await?;
        if let Opened::Recorded(job, stage) = &opened {
            self.follow(job, task.chunk, *stage).await?;
        }
        Ok(opened)
    }

    /// Does work on the chunk of a message. If `unwanted` returns a reason meanwhile, drops the work and
    /// returns why. If the chunk has its record by then, counts the delivery as discarded and does what
    /// follows.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin).
    pub(crate) async fn unless<W>(
        &self,
        task: &ChunkTask,
        unwanted: impl Future<Output = SkipReason>,
        work: impl Future<Output = W>,
    ) -> Result<Result<W, SkipReason>> {
        match unless(unwanted, work).await {
            Err(SkipReason::Recorded) => {
                let skipped = self.begin(task).await?.err();
                Ok(Err(skipped.unwrap_or(SkipReason::Recorded)))
            }
            done => Ok(done),
        }
    }

    /// Returns why the chunk of a message is no longer wanted; `None` if it is wanted.
    ///
    /// # Errors
    /// Those of [`Store::open`](crate::Store::open).
    pub async fn unwanted(&self, task: &ChunkTask) -> Result<Option<SkipReason>> {
        let opened = Opened::new(self.end.store, task, self.clock.now()).await?;
        Ok(opened.wanted().err())
    }

    /// Stores the record of a chunk, and does what follows.
    ///
    /// # Errors
    /// Those of [`Store::record`](crate::Store::record), and of what follows.
    pub(crate) async fn record(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        record: ChunkRecord,
    ) -> Result<Mapped> {
        let recorded = self.end.store.record(job, chunk, &record).await?;
        if !recorded.first {
            self.discard(job, chunk).await;
        }
        self.end.after(job, chunk, recorded.stage).await?;
        Ok(Mapped::Recorded(recorded, record.receipt))
    }

    /// Stores the `failure` of an attempt that began at `started_at` with its job. If the failure
    /// is not retryable or the message has no delivery left, also stores that the chunk failed.
    /// Returns the outcome of the message. An error of the store is part of the report.
    pub async fn report(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        started_at: Timestamp,
        failure: &Failure,
    ) -> Reported {
        if !failure.concerns_chunk() {
            return Reported { done: None, unsaid: None };
        }
        let job = match self.open(task).await.map(Opened::wanted) {
            Ok(Ok(job)) => job,
            Ok(Err(why)) => return Reported { done: Some(Mapped::Skipped(why)), unsaid: None },
            Err(unsaid) => return Reported { done: None, unsaid: Some(unsaid) },
        };
        let now = self.clock.now();
        let Failure { error, is_retryable } = failure;
        let Delivery { attempt, max_attempts, memory_mb, .. } = delivery;
        let failed = FailedAttempt {
            chunk: task.chunk,
            attempt,
            at: now,
            error: Reason::new(error),
            map_ms: now.millis_since(started_at),
            memory_mb,
        };
        let unsaid = self.end.store.note_failure(&job, &failed).await.err();
        let reason = match is_retryable {
            false => failed.error,
            true if attempt >= max_attempts => {
                Reason::new(format_args!("given up after {attempt} attempts: {error}"))
            }
            true => return Reported { done: None, unsaid },
        };
        match self.fail(&job, task.chunk, &reason).await {
            Ok(()) => {
                // A message that was given up is not done: it becomes a dead letter, which raises
                // an alarm.
                let done = (!is_retryable).then_some(Mapped::Failed(reason));
                Reported { done, unsaid }
            }
            Err(unsaid) => Reported { done: None, unsaid: Some(unsaid) },
        }
    }

    /// Stores why a chunk of a job was given up. If the job does not need the chunk any more, stores
    /// nothing and returns why. The chunk still counts if its message is sent again and it succeeds.
    ///
    /// # Errors
    /// [`Error::OtherPlan`] if the message does not fit its job; those of the store except
    /// [`Error::NotFound`], and of what follows if the chunk has its record.
    pub async fn give_up(&self, task: &ChunkTask, reason: &Reason) -> Result<Option<SkipReason>> {
        let job = match self.open(task).await?.wanted() {
            Ok(job) => job,
            Err(why) => return Ok(Some(why)),
        };
        match self.fail(&job, task.chunk, reason).await {
            Err(Error::NotFound(_)) => Ok(Some(SkipReason::Unknown)),
            failed => failed.map(|()| None),
        }
    }

    /// Stores why a chunk failed, and sends the reminder that its job has ended by that. If the chunk
    /// has its record, does what follows instead.
    async fn fail(&self, job: &Job, chunk: ChunkIndex, reason: &Reason) -> Result<()> {
        match self.end.store.fail_chunk(job, chunk, reason).await? {
            None => remind(self.end.reminders, job).await,
            recorded => self.follow(job, chunk, recorded).await,
        }
    }

    async fn follow(&self, job: &Job, chunk: ChunkIndex, stage: Option<Stage>) -> Result<()> {
        match stage {
            Some(stage) => self.end.after(job, chunk, stage).await,
            None => Ok(()),
        }
    }

    /// Counts a discarded delivery. An error is ignored because a missing count must not fail the
    /// job.
    async fn discard(&self, job: &Job, chunk: ChunkIndex) {
        let _ = self.end.store.discard(job, chunk).await;
    }
}
