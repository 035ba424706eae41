use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    num::NonZeroU16,
    sync::Mutex,
};

use async_trait::async_trait;
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRecord, Chunks, Claim, Error, FailedAttempt, IdempotencyKey,
    Job, JobId, OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result, Stage, Store,
    Timestamp,
};

use super::lock;

/// A store of jobs and claims in maps.
#[derive(Debug, Default)]
pub struct MemoryStore {
    jobs: Mutex<HashMap<JobId, (Progress, Chunks)>>,
    claims: Mutex<HashMap<IdempotencyKey, Claim>>,
    attached: Mutex<BTreeSet<(JobId, ChunkIndex)>>,
}

impl MemoryStore {
    /// Stores a job with its chunks as they are. Recording a large job chunk by chunk would be
    /// slow, because every change sums up all records.
    pub fn put(&self, progress: Progress, chunks: Chunks) {
        lock(&self.jobs).insert(progress.job.job_id, (progress, chunks));
    }

    /// Runs `change` on a job and its chunks under a lock.
    fn with<T>(
        &self,
        job_id: JobId,
        change: impl FnOnce(&mut Progress, &mut Chunks) -> Result<T>,
    ) -> Result<T> {
        let mut jobs = lock(&self.jobs);
        let (progress, chunks) = jobs.get_mut(&job_id).ok_or(Error::NotFound(job_id))?;
        let changed = change(progress, chunks);
        progress.done = chunks.records.len() as u16;
        progress.tally = chunks.tally()?;
        let attached = lock(&self.attached);
        progress.attached = attached.iter().filter(|(job, _)| *job == job_id).count() as u16;
        progress.chunk_failed = !chunks.failures.is_empty();
        changed
    }
}

#[async_trait]
impl Store for MemoryStore {
    /// Keeps each chunk by itself.
    fn chunks_together(&self) -> NonZeroU16 {
        NonZeroU16::MIN
    }

    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        let mut claims = lock(&self.claims);
        let held = claims.entry(key.clone()).or_insert_with(|| claim.clone());
        if held.expires_at <= claim.claimed_at {
            *held = claim.clone();
        }
        Ok(held.clone())
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        let new = || (Progress::new(job.clone()), Chunks::new(plan.clone()));
        let mut jobs = lock(&self.jobs);
        let (kept, _) = jobs.entry(job.job_id).or_insert_with(new);
        if kept.job == *job { Ok(()) } else { Err(Error::AlreadyExists(job.job_id)) }
    }

    async fn mark_queued(&self, job_id: JobId) -> Result<()> {
        self.with(job_id, |progress, _| {
            progress.queued = true;
            Ok(())
        })
    }

    async fn progress(&self, job_id: JobId) -> Result<Progress> {
        let jobs = lock(&self.jobs);
        jobs.get(&job_id).map(|(progress, _)| progress.clone()).ok_or(Error::NotFound(job_id))
    }

    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>> {
        let jobs = lock(&self.jobs);
        let mut listed: Vec<&Progress> = jobs
            .values()
            .map(|(progress, _)| progress)
            .filter(|progress| before.is_none_or(|before| progress.job.job_id < before))
            .collect();
        listed.sort_by_key(|progress| Reverse(progress.job.job_id));
        Ok(listed.into_iter().take(limit.into()).cloned().collect())
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        self.with(job.job_id, |_, chunks| Ok(chunks.clone()))
    }

    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let progress = self.progress(job_id).await?;
        self.with(job_id, |_, chunks| match chunks.plan.range(chunk) {
            Some(range) if progress.job.plan == *plan => {
                let stage = progress.stage();
                let recorded = chunks.records.contains_key(&chunk).then_some(stage);
                Ok(OpenChunk { progress, range, recorded })
            }
            _ => Err(Error::OtherPlan(job_id)),
        })
    }

    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        self.with(job.job_id, |progress, _| {
            of_its_plan(progress, job)?;
            lock(&self.attached).insert((job.job_id, chunk));
            Ok(())
        })
    }

    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()> {
        self.with(job_id, |progress, _| {
            progress.held_ms.get_or_insert(held_ms);
            Ok(())
        })
    }

    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        self.with(job.job_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            *chunks.discarded.entry(chunk).or_default() += 1;
            Ok(())
        })
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        self.with(job.job_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            let first = !chunks.records.contains_key(&chunk);
            if first {
                chunks.records.insert(chunk, record.clone());
            }
            Ok(Recorded { first, stage: job.stage(chunks.records.len() as u16) })
        })
    }

    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()> {
        self.with(job.job_id, |progress, _| {
            of_its_plan(progress, job)?;
            progress.failed += failed.sums();
            progress.last_error = Some(failed.last_error());
            Ok(())
        })
    }

    async fn fail_chunk(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        reason: &Reason,
    ) -> Result<Option<Stage>> {
        self.with(job.job_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            if chunks.records.contains_key(&chunk) {
                return Ok(Some(job.stage(chunks.records.len() as u16)));
            }
            chunks.failures.entry(chunk).or_insert_with(|| reason.to_string());
            Ok(None)
        })
    }

    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()> {
        self.with(job_id, |progress, _| {
            progress.failure.get_or_insert_with(|| reason.to_string());
            Ok(())
        })
    }

    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()> {
        self.with(job.job_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            progress.deadline = deadline;
            progress.failure = None;
            progress.last_error = None;
            chunks.failures.clear();
            Ok(())
        })
    }

    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()> {
        self.with(job_id, |progress, _| {
            if progress.done == progress.job.chunks && progress.cancelled_at.is_none() {
                return Err(Error::AlreadyCompleted(job_id));
            }
            progress.cancelled_at.get_or_insert(now);
            Ok(())
        })
    }

    async fn mark_announced(&self, job_id: JobId, announced: &Announcement) -> Result<()> {
        self.with(job_id, |progress, _| {
            progress.announced = Some(announced.clone());
            Ok(())
        })
    }
}

fn of_its_plan(kept: &Progress, job: &Job) -> Result<()> {
    if kept.job.plan == job.plan { Ok(()) } else { Err(Error::OtherPlan(job.job_id)) }
}
