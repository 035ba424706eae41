//! The store that is tested as an actor has it: over a network that loses calls and replies. What
//! was carried out is written down, whatever the actor receives.

use std::num::NonZeroU16;

use async_trait::async_trait;
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRecord, Chunks, Claim, FailedAttempt, IdempotencyKey, Job,
    JobId, OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result, Stage, Store, Timestamp,
};

use crate::{
    fate::{Call, Service},
    schedule::Target,
    site::{Extent, Site},
};

/// A store, over a network that loses calls and replies.
pub(crate) struct SimulatedStore<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) target: Target<'a>,
}

impl SimulatedStore<'_> {
    /// Makes a call of the store. Half of one ends after some of its requests.
    async fn call<T, F>(&self, call: Call, carry_out: impl FnOnce() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let cut = self.target.cut;
        let carry_out = async |extent| {
            if let (Extent::Half, Some(cut)) = (extent, cut) {
                self.site.observe(|state| {
                    let requests = state.random.pick(&[0, 1, 1, 2]);
                    cut.after(requests);
                    state.note(Some(self.site.actor), |_| format!("  cut after {requests}"));
                });
            }
            let result = carry_out().await;
            cut.inspect(|cut| cut.mend());
            result
        };
        let divisible = matches!(call.name, "create" | "record" | "fail_chunk");
        self.site.call(call.divisible(divisible && cut.is_some()), carry_out).await
    }

    /// Shows no more of a job than a store must that keeps its chunks apart.
    fn apart(&self, mut progress: Progress) -> Progress {
        self.site.observe(|state| {
            if !state.setting.chunks_apart {
                return;
            }
            // Those of the source all count before partitions do.
            let surely = match progress.stage() {
                Stage::Map => 0,
                Stage::Reduce => progress.job.source_chunks(),
                Stage::Done => return,
            };
            let more = u64::from(progress.done - surely);
            progress.done -= state.random.below(more + 1) as u16;
        });
        progress
    }
}

fn call(name: &'static str, job: JobId) -> Call {
    Call::new(Service::Store, name).of(job)
}

#[async_trait]
impl Store for SimulatedStore<'_> {
    fn chunks_together(&self) -> NonZeroU16 {
        self.target.store.chunks_together()
    }

    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        let claimed = async || {
            let held = self.target.store.claim(key, claim).await?;
            self.site.observe(|state| state.ledger.claimed(key, claim, &held));
            Ok(held)
        };
        self.call(call("claim", claim.job_id), claimed).await
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        let created = async || {
            self.target.store.create(job, plan).await?;
            self.site.observe(|state| state.created(self.site.actor, job, plan));
            Ok(())
        };
        self.call(call("create", job.job_id), created).await
    }

    async fn mark_queued(&self, job_id: JobId) -> Result<()> {
        let queued = async || {
            self.target.store.mark_queued(job_id).await?;
            self.site.observe(|state| state.ledger.queued(job_id));
            Ok(())
        };
        self.call(call("mark_queued", job_id), queued).await
    }

    async fn progress(&self, job_id: JobId) -> Result<Progress> {
        let read = async || {
            let progress = self.target.store.progress(job_id).await?;
            self.site.observe(|state| state.ledger.saw_progress(&progress));
            Ok(progress)
        };
        Ok(self.apart(self.call(call("progress", job_id), read).await?))
    }

    async fn list(&self, before: Option<JobId>, limit: u16) -> Result<Vec<Progress>> {
        self.target.store.list(before, limit).await
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        self.call(call("chunks", job.job_id), || self.target.store.chunks(job)).await
    }

    async fn open(&self, job_id: JobId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let opened = async || {
            let opened = self.target.store.open(job_id, plan, chunk).await;
            self.site.observe(|state| state.opened(self.site.actor, job_id, opened.as_ref()));
            opened
        };
        let opened = self.call(call("open", job_id).at(chunk), opened).await?;
        Ok(OpenChunk { progress: self.apart(opened.progress), ..opened })
    }

    async fn attach(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        let attached = async || {
            let attached = self.target.store.attach(job, chunk).await;
            self.site.observe(|state| {
                state.attached(self.site.actor, job, chunk, attached.as_ref());
            });
            attached
        };
        self.call(call("attach", job.job_id).at(chunk), attached).await
    }

    async fn mark_released(&self, job_id: JobId, held_ms: u64) -> Result<()> {
        let released = async || {
            self.target.store.mark_released(job_id, held_ms).await?;
            self.site.observe(|state| state.released(job_id, held_ms));
            Ok(())
        };
        self.call(call("mark_released", job_id), released).await
    }

    async fn discard(&self, job: &Job, chunk: ChunkIndex) -> Result<()> {
        let discarded = async || {
            let discarded = self.target.store.discard(job, chunk).await;
            self.site.observe(|state| {
                state.discarded(self.site.actor, job.job_id, chunk, discarded.as_ref());
            });
            discarded
        };
        self.call(call("discard", job.job_id).at(chunk), discarded).await
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        let recorded = async || {
            let recorded = self.target.store.record(job, chunk, record).await;
            self.site.observe(|state| {
                state.recorded(self.site.actor, job, chunk, record, recorded.as_ref())
            });
            recorded
        };
        self.call(call("record", job.job_id).at(chunk), recorded).await
    }

    async fn note_failure(&self, job: &Job, failed: &FailedAttempt) -> Result<()> {
        let noted = async || {
            let noted = self.target.store.note_failure(job, failed).await;
            self.site.observe(|state| {
                state.noted(self.site.actor, job.job_id, failed, noted.as_ref());
            });
            noted
        };
        self.call(call("note_failure", job.job_id).at(failed.chunk), noted).await
    }

    async fn fail_chunk(
        &self,
        job: &Job,
        chunk: ChunkIndex,
        reason: &Reason,
    ) -> Result<Option<Stage>> {
        let failed = async || {
            let failed = self.target.store.fail_chunk(job, chunk, reason).await;
            self.site.observe(|state| {
                state.reported(self.site.actor, job.job_id, chunk, failed.as_ref())
            });
            failed
        };
        self.call(call("fail_chunk", job.job_id).at(chunk), failed).await
    }

    async fn fail_job(&self, job_id: JobId, reason: &Reason) -> Result<()> {
        let failed = async || {
            self.target.store.fail_job(job_id, reason).await?;
            self.site.observe(|state| state.failed(self.site.actor, job_id));
            Ok(())
        };
        self.call(call("fail_job", job_id), failed).await
    }

    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()> {
        let reopened = async || {
            // Even if it is cut off.
            self.site.observe(|state| state.reopened(job.job_id, deadline));
            self.target.store.reopen(job, deadline).await
        };
        self.call(call("reopen", job.job_id), reopened).await
    }

    async fn cancel(&self, job_id: JobId, now: Timestamp) -> Result<()> {
        let cancelled = async || {
            let cancelled = self.target.store.cancel(job_id, now).await;
            self.site.observe(|state| state.cancelled(job_id, cancelled.as_ref()));
            cancelled
        };
        self.call(call("cancel", job_id), cancelled).await
    }

    async fn mark_announced(&self, job_id: JobId, announced: &Announcement) -> Result<()> {
        let marked = || self.target.store.mark_announced(job_id, announced);
        self.call(call("mark_announced", job_id), marked).await
    }
}
