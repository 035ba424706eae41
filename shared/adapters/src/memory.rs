//! The ports without a service: what the others promise, in its plainest form. For tests; a
//! function never falls back to them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{
    ChunkIndex, ChunkRecord, Chunks, Claim, Error, IdempotencyKey, Job, KeyRange, KeyStatistics,
    MapTask, OpenChunk, Plan, PlanHash, Progress, Queue, Recorded, Result, RowBatch, Source, Store,
    TaskId, Timestamp, kernel::ChunkFold,
};

/// A panic of another thread leaves whole values behind, as each is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A table that never changes.
#[derive(Debug)]
pub struct MemorySource {
    width: usize,
    rows: Vec<(i64, Vec<Option<f64>>)>,
}

impl MemorySource {
    /// The table with these rows of `width` columns besides the key; keys are unique.
    pub fn new(width: usize, rows: impl IntoIterator<Item = (i64, Vec<Option<f64>>)>) -> Self {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|(key, _)| *key);
        Self { width, rows }
    }

    fn check(&self, columns: &[&str]) -> Result<()> {
        if columns.len() == self.width {
            return Ok(());
        }
        let wanted = columns.join(", ");
        Err(Error::Misconfigured(format!("columns {wanted} of a table with {}", self.width)))
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn statistics(&self, columns: &[&str]) -> Result<Option<KeyStatistics>> {
        self.check(columns)?;
        let keys: Vec<i64> = self.rows.iter().map(|(key, _)| *key).collect();
        Ok(keys.first().zip(keys.last()).map(|(&min, &max)| KeyStatistics {
            min,
            max,
            quantiles: keys.clone(),
        }))
    }

    async fn read(
        &self,
        range: KeyRange,
        columns: &[&str],
        fold: &mut dyn ChunkFold,
    ) -> Result<String> {
        self.check(columns)?;
        let mut batch = RowBatch::new(self.width);
        for (key, values) in self.rows.iter().filter(|(key, _)| range.contains(*key)) {
            batch.push(*key, values.iter().copied());
            if batch.is_full() {
                fold.fold(&batch);
                batch.clear();
            }
        }
        fold.fold(&batch);
        Ok("memory".to_owned())
    }
}

/// A queue that delivers what it is asked for.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    messages: Mutex<Messages>,
}

#[derive(Debug, Default)]
struct Messages {
    waiting: VecDeque<(Instant, MapTask)>,
    received: HashMap<String, MapTask>,
    receipts: usize,
}

impl MemoryQueue {
    /// Takes the oldest message out that is not delayed, with its receipt. It does not come back
    /// by itself.
    pub fn receive(&self) -> Option<(String, MapTask)> {
        let mut messages = lock(&self.messages);
        let now = Instant::now();
        let place = messages.waiting.iter().position(|(from, _)| *from <= now)?;
        let (_, task) = messages.waiting.remove(place)?;
        messages.receipts += 1;
        let receipt = format!("receipt {}", messages.receipts);
        messages.received.insert(receipt.clone(), task.clone());
        Some((receipt, task))
    }

    /// Forgets a message that was received.
    pub fn acknowledge(&self, receipt: &str) {
        lock(&self.messages).received.remove(receipt);
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, tasks: &[MapTask]) -> Result<()> {
        let now = Instant::now();
        lock(&self.messages).waiting.extend(tasks.iter().map(|task| (now, task.clone())));
        Ok(())
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        let mut messages = lock(&self.messages);
        if let Some(task) = messages.received.remove(receipt) {
            messages.waiting.push_back((Instant::now() + delay, task));
        }
        Ok(())
    }
}

/// Jobs and claims in maps.
#[derive(Debug, Default)]
pub struct MemoryStore {
    jobs: Mutex<HashMap<TaskId, Progress>>,
    claims: Mutex<HashMap<IdempotencyKey, Claim>>,
}

impl MemoryStore {
    /// Has `change` see the job, and its chunks, alone.
    fn with<T>(
        &self,
        task_id: TaskId,
        change: impl FnOnce(&mut Progress, &mut Chunks) -> Result<T>,
    ) -> Result<T> {
        let mut jobs = lock(&self.jobs);
        let progress = jobs.get_mut(&task_id).ok_or(Error::NotFound(task_id))?;
        let lost = || Error::corrupt(format!("task {task_id}"), "no chunks");
        let mut chunks = progress.chunks.take().ok_or_else(lost)?;
        let changed = change(progress, &mut chunks);
        progress.done = chunks.records.len() as u16;
        progress.chunk_failed = !chunks.failures.is_empty();
        progress.chunks = Some(chunks);
        changed
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn claim(&self, key: &IdempotencyKey, claim: &Claim) -> Result<Claim> {
        let mut claims = lock(&self.claims);
        let held = claims.entry(key.clone()).or_insert_with(|| claim.clone());
        if held.expires_at <= claim.claimed_at {
            *held = claim.clone();
        }
        Ok(held.clone())
    }

    async fn create(&self, job: &Job, plan: &Plan) -> Result<()> {
        let new = || {
            let chunks = Some(Chunks::new(plan.clone()));
            Progress { chunks, ..Progress::new(job.clone()) }
        };
        let mut jobs = lock(&self.jobs);
        let kept = jobs.entry(job.task_id).or_insert_with(new);
        if kept.job == *job { Ok(()) } else { Err(Error::AlreadyExists(job.task_id)) }
    }

    async fn mark_queued(&self, task_id: TaskId) -> Result<()> {
        self.with(task_id, |progress, _| {
            progress.queued = true;
            Ok(())
        })
    }

    async fn progress(&self, task_id: TaskId) -> Result<Progress> {
        lock(&self.jobs).get(&task_id).cloned().ok_or(Error::NotFound(task_id))
    }

    async fn chunks(&self, job: &Job) -> Result<Chunks> {
        self.with(job.task_id, |_, chunks| Ok(chunks.clone()))
    }

    async fn open(&self, task_id: TaskId, plan: &PlanHash, chunk: ChunkIndex) -> Result<OpenChunk> {
        let progress = self.progress(task_id).await?;
        self.with(task_id, |_, chunks| match chunks.plan.range(chunk) {
            Some(range) if progress.job.plan == *plan => {
                Ok(OpenChunk { progress, range, recorded: chunks.records.contains_key(&chunk) })
            }
            _ => Err(Error::OtherPlan(task_id)),
        })
    }

    async fn record(&self, job: &Job, chunk: ChunkIndex, record: &ChunkRecord) -> Result<Recorded> {
        self.with(job.task_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            let first = !chunks.records.contains_key(&chunk);
            if first {
                chunks.records.insert(chunk, record.clone());
            }
            Ok(Recorded { first, complete: chunks.records.len() == usize::from(job.chunks) })
        })
    }

    async fn fail_chunk(&self, job: &Job, chunk: ChunkIndex, reason: &str) -> Result<()> {
        self.with(job.task_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            if !chunks.records.contains_key(&chunk) {
                chunks.failures.entry(chunk).or_insert_with(|| reason.to_owned());
            }
            Ok(())
        })
    }

    async fn fail_job(&self, task_id: TaskId, reason: &str) -> Result<()> {
        self.with(task_id, |progress, _| {
            progress.failure.get_or_insert_with(|| reason.to_owned());
            Ok(())
        })
    }

    async fn reopen(&self, job: &Job, deadline: Timestamp) -> Result<()> {
        self.with(job.task_id, |progress, chunks| {
            of_its_plan(progress, job)?;
            progress.deadline = deadline;
            progress.failure = None;
            chunks.failures.clear();
            Ok(())
        })
    }

    async fn cancel(&self, task_id: TaskId, now: Timestamp) -> Result<()> {
        self.with(task_id, |progress, _| {
            if progress.done == progress.job.chunks && progress.cancelled_at.is_none() {
                return Err(Error::AlreadyCompleted(task_id));
            }
            progress.cancelled_at.get_or_insert(now);
            Ok(())
        })
    }
}

fn of_its_plan(kept: &Progress, job: &Job) -> Result<()> {
    if kept.job.plan == job.plan { Ok(()) } else { Err(Error::OtherPlan(job.task_id)) }
}
