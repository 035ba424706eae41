//! Stores that break a promise. A simulation that does not notice them tests nothing.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use std::num::NonZeroU16;

use async_trait::async_trait;
use pgfold_adapters::memory::MemoryStore;
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRecord, Chunks, Claim, Ending, Error, FailedAttempt,
    IdempotencyKey, Job, JobId, OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result,
    Stage, Store, Timestamp,
};

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Every record is said to be the first of its chunk.
    CountsBlindly,
    /// The last record of a chunk stays.
    Overwrites,
    /// The first record of the store's life is not kept.
    LosesARecord,
    /// A completed job is cancelled.
    CancelsTheCompleted,
    /// A cancelled job is as if it were not.
    ForgetsCancelling,
    /// Every claim of a key is given it.
    ForgetsClaims,
    /// A chunk that is given up is not kept.
    TellsNothing,
    /// A message of another plan is taken for one of the job's.
    KnowsNoPlan,
    /// A chunk that is attached to its job's snapshot does not count as such.
    ForgetsWhoAttached,
    /// An attempt that failed is not kept.
    ForgetsFailedAttempts,
    /// The ending of every job is said to be announced.
    SaysItIsAnnounced,
    /// All chunks of a job are said to be attached to its snapshot as soon as one is.
    AttachesAll,
}

/// A store that is right except for one flaw.
pub(crate) struct Flawed {
    flaw: Flaw,
    inner: MemoryStore,
    lost: AtomicBool,
    last: Mutex<HashMap<(JobId, ChunkIndex), ChunkRecord>>,
}

impl Flawed {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self { flaw, inner: MemoryStore::default(), lost: false.into(), last: Mutex::default() }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn with_last(&self, id: JobId, mut chunks: Chunks) -> Chunks {
        let last = self.last.lock().unwrap();
        for (&chunk, record) in &mut chunks.records {
            if let Some(last) = last.get(&(id, chunk)).filter(|_| self.is(Flaw::Overwrites)) {
                *record = last.clone();
            }
        }
        chunks
    }
}

#[async_trait]
impl Store for Flawed {
    fn chunks_together(&self) -> NonZeroU16 {
        self.inner.chunks_together()
    }

    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        if self.is(Flaw::ForgetsClaims) {
            return Ok(claim.clone());
        }
        self.inner.claim(key, claim).await
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        self.inner.create(job, plan).await
    }

    async fn mark_queued(&self, job_id: JobId) -> Result<()> {
        self.inner.mark_queued(job_id).await
    }

    async fn progress(&self, job_id: JobId) -> Result<Progress> {
        let mut progress = self.inner.progress(job_id).await?;
        if self.is(Flaw::AttachesAll) && progress.attached > 0 {
            progress.attached = progress.job.chunks;
        }
        if self.is(Flaw::SaysItIsAnnounced) {
            let (event_id, at) =
                (Ending::Completed.first_event_id(job_id), progress.job.created_at);
            progress.announced = Some(Announcement { event_id, ending: Ending::Completed, at });
        }
        progress.cancelled_at = progress.cancelled_at.filter(|_| !self.is(Flaw::ForgetsCancelling));
        Ok(progress)
    }

    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>> {
        self.inner.list(before, limit).await
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        Ok(self.with_last(job.job_id, self.inner.chunks(job).await?))
    }

    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let kept = self.inner.progress(job_id).await?.job.plan;
        let plan = if self.is(Flaw::KnowsNoPlan) { &kept } else { plan };
        self.inner.open(job_id, plan, chunk).await
    }

    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        if self.is(Flaw::ForgetsWhoAttached) {
            return Ok(());
        }
        self.inner.attach(job, chunk).await
    }

    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()> {
        self.inner.mark_released(job_id, held_ms).await
    }

    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        self.inner.discard(job, chunk).await
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        if self.is(Flaw::LosesARecord) && !self.lost.swap(true, Relaxed) {
            return Ok(Recorded { first: true, stage: job.stage(u16::from(job.chunks == 1)) });
        }
        let mut recorded = self.inner.record(job, chunk, record).await?;
        self.last.lock().unwrap().insert((job.job_id, chunk), record.clone());
        recorded.first |= self.is(Flaw::CountsBlindly);
        Ok(recorded)
    }

    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()> {
        if self.is(Flaw::ForgetsFailedAttempts) {
            return Ok(());
        }
        self.inner.note_failure(job, failed).await
    }

    async fn fail_chunk(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        reason: &Reason,
    ) -> Result<Option<Stage>> {
        if self.is(Flaw::TellsNothing) {
            return Ok(None);
        }
        self.inner.fail_chunk(job, chunk, reason).await
    }

    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()> {
        self.inner.fail_job(job_id, reason).await
    }

    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()> {
        self.inner.reopen(job, deadline).await
    }

    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()> {
        match self.inner.cancel(job_id, now).await {
            Err(Error::AlreadyCompleted(_)) if self.is(Flaw::CancelsTheCompleted) => Ok(()),
            cancelled => cancelled,
        }
    }

    async fn mark_announced(&self, job_id: JobId, announced: &Announcement) -> Result<()> {
        self.inner.mark_announced(job_id, announced).await
    }
}
