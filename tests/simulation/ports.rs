//! The ports as an actor of the simulation has them: calls wait for their turn and may go wrong,
//! and what was carried out is written down.

use std::time::Duration;

use async_trait::async_trait;
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{
    ChunkIndex, ChunkRecord, Chunks, Claim, IdempotencyKey, Job, KeyRange, KeyStatistics, MapTask,
    OpenChunk, Plan, PlanHash, Progress, Queue, Recorded, Result, Source, Store, TaskId, Timestamp,
    kernel::ChunkFold,
};

use crate::{
    fate::{Call, Service},
    messages::Receipt,
    site::{Extent, Site},
};

/// The table, over a database that is sometimes away.
pub(crate) struct SimulatedSource<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) table: &'a MemorySource,
}

#[async_trait]
impl Source for SimulatedSource<'_> {
    async fn statistics(&self, columns: &[&str]) -> Result<Option<KeyStatistics>> {
        let call = Call::new(Service::Postgres, "statistics");
        self.site.call(call, |_| self.table.statistics(columns)).await
    }

    async fn read(
        &self,
        range: KeyRange,
        columns: &[&str],
        fold: &mut dyn ChunkFold,
    ) -> Result<String> {
        let call = Call::new(Service::Postgres, "read");
        let read = self.site.call(call, |extent| {
            let range = match extent {
                Extent::Whole => range,
                Extent::Half => first_keys(range),
            };
            self.table.read(range, columns, fold)
        });
        read.await
    }
}

/// About half of a range's keys.
fn first_keys(range: KeyRange) -> KeyRange {
    let start = range.start();
    let end = range.end().map_or(start + 1, |end| start + (end - start).div_euclid(2).max(1));
    KeyRange::new(start, Some(end)).unwrap()
}

/// The sending end of the queue of chunks, and what functions ask of either queue.
pub(crate) struct SimulatedQueue<'a> {
    pub(crate) site: Site<'a>,
    /// Whether it is the queue of dead letters.
    pub(crate) of_letters: bool,
}

#[async_trait]
impl Queue for SimulatedQueue<'_> {
    async fn send(&self, tasks: &[MapTask]) -> Result<()> {
        let mut call = Call::new(Service::Sqs, "send");
        call.job = tasks.first().map(|task| task.task_id);
        let send = async |extent| {
            self.site.observe(|state| {
                for task in tasks {
                    if extent == Extent::Whole || state.random.chance(50) {
                        state.take(task);
                    }
                }
            });
            Ok(())
        };
        self.site.call(call, send).await
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        let receipt = Receipt::read(receipt);
        let call = Call::new(Service::Sqs, "delay");
        let put_off = async |_| {
            self.site.observe(|state| {
                let queue = if self.of_letters { &mut state.letters } else { &mut state.chunks };
                queue.delay(receipt, state.now, delay.as_millis() as u64);
            });
            Ok(())
        };
        self.site.call(call, put_off).await
    }
}

/// A store, over a network that loses calls and replies.
pub(crate) struct SimulatedStore<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) inner: &'a dyn Store,
}

impl SimulatedStore<'_> {
    /// Shows no more of a job than a store must that keeps its chunks apart.
    fn apart(&self, mut progress: Progress) -> Progress {
        self.site.observe(|state| {
            if !state.setting.chunks_apart {
                return;
            }
            progress.chunks = None;
            if progress.done < progress.job.chunks {
                progress.done -= state.random.below(u64::from(progress.done) + 1) as u16;
            }
        });
        progress
    }
}

fn call(name: &'static str, job: TaskId) -> Call {
    Call::new(Service::Store, name).of(job)
}

#[async_trait]
impl Store for SimulatedStore<'_> {
    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        let claimed = async |_| {
            let held = self.inner.claim(key, claim).await?;
            self.site.observe(|state| state.ledger.claimed(key, claim, &held));
            Ok(held)
        };
        self.site.call(call("claim", claim.task_id), claimed).await
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        let created = async |_| {
            self.inner.create(job, plan).await?;
            self.site.observe(|state| state.ledger.created(job, plan));
            Ok(())
        };
        self.site.call(call("create", job.task_id), created).await
    }

    async fn mark_queued(&self, task_id: TaskId) -> Result<()> {
        let queued = async |_| {
            self.inner.mark_queued(task_id).await?;
            self.site.observe(|state| state.ledger.queued(task_id));
            Ok(())
        };
        self.site.call(call("mark_queued", task_id), queued).await
    }

    async fn progress(&self, task_id: TaskId) -> Result<Progress> {
        let read = |_| self.inner.progress(task_id);
        Ok(self.apart(self.site.call(call("progress", task_id), read).await?))
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        self.site.call(call("chunks", job.task_id), |_| self.inner.chunks(job)).await
    }

    async fn open(&self, task_id: TaskId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let opened = async |_| {
            let opened = self.inner.open(task_id, plan, chunk).await;
            self.site.observe(|state| state.opened(self.site.actor, task_id, opened.as_ref()));
            opened
        };
        let opened = self.site.call(call("open", task_id).at(chunk), opened).await?;
        Ok(OpenChunk { progress: self.apart(opened.progress), ..opened })
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        let recorded = async |_| {
            let recorded = self.inner.record(job, chunk, record).await;
            self.site.observe(|state| {
                state.recorded(self.site.actor, job, chunk, record, recorded.as_ref())
            });
            recorded
        };
        self.site.call(call("record", job.task_id).at(chunk), recorded).await
    }

    async fn fail_chunk(&self, job: &Job, chunk: ChunkIndex, reason: &str) -> Result<()> {
        let failed = async |_| {
            let failed = self.inner.fail_chunk(job, chunk, reason).await;
            self.site
                .observe(|state| state.told(self.site.actor, job.task_id, chunk, failed.as_ref()));
            failed
        };
        self.site.call(call("fail_chunk", job.task_id).at(chunk), failed).await
    }

    async fn fail_job(&self, task_id: TaskId, reason: &str) -> Result<()> {
        let failed = async |_| {
            self.inner.fail_job(task_id, reason).await?;
            self.site.observe(|state| state.ledger.failed(task_id));
            Ok(())
        };
        self.site.call(call("fail_job", task_id), failed).await
    }

    async fn cancel(&self, task_id: TaskId, now: Timestamp) -> Result<()> {
        let cancelled = async |_| {
            let cancelled = self.inner.cancel(task_id, now).await;
            self.site.observe(|state| state.cancelled(task_id, cancelled.as_ref()));
            cancelled
        };
        self.site.call(call("cancel", task_id), cancelled).await
    }
}
