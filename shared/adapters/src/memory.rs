//! The ports without a service: what the others promise, in its plainest form. For tests; a
//! function never falls back to them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use pgfold_core::{
    ChunkIndex, ChunkRecord, Error, Failure, Job, KeyRange, KeyStatistics, MapTask, PlanHash,
    Progress, Queue, Recorded, Result, RowBatch, Source, Store, TaskId, kernel::ChunkFold,
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
    tasks: Mutex<VecDeque<MapTask>>,
}

impl MemoryQueue {
    /// Takes the oldest message out.
    pub fn receive(&self) -> Option<MapTask> {
        lock(&self.tasks).pop_front()
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, tasks: &[MapTask]) -> Result<()> {
        lock(&self.tasks).extend(tasks.iter().cloned());
        Ok(())
    }
}

/// Jobs in a map.
#[derive(Debug, Default)]
pub struct MemoryStore {
    jobs: Mutex<HashMap<TaskId, Progress>>,
}

#[async_trait]
impl Store for MemoryStore {
    async fn create(&self, job: &Job) -> Result<()> {
        let mut jobs = lock(&self.jobs);
        let kept = jobs.entry(job.task_id).or_insert_with(|| Progress::new(job.clone()));
        if kept.job == *job { Ok(()) } else { Err(Error::AlreadyExists(job.task_id)) }
    }

    async fn record(
        &self,
        task_id: TaskId,
        plan: &PlanHash,
        chunk: ChunkIndex,
        record: &ChunkRecord,
    ) -> Result<Recorded> {
        let mut jobs = lock(&self.jobs);
        let progress = jobs.get_mut(&task_id).ok_or(Error::NotFound(task_id))?;
        if progress.job.plan_hash() != *plan {
            return Err(Error::OtherPlan(task_id));
        }
        let first = !progress.records.contains_key(&chunk);
        if first {
            progress.records.insert(chunk, record.clone());
        }
        let missing = (progress.job.plan.len() - progress.records.len()) as u16;
        Ok(Recorded { first, missing })
    }

    async fn fail(&self, task_id: TaskId, failure: &Failure) -> Result<()> {
        let mut jobs = lock(&self.jobs);
        let progress = jobs.get_mut(&task_id).ok_or(Error::NotFound(task_id))?;
        progress.failures.entry(failure.scope).or_insert_with(|| failure.reason.clone());
        Ok(())
    }

    async fn load(&self, task_id: TaskId) -> Result<Progress> {
        lock(&self.jobs).get(&task_id).cloned().ok_or(Error::NotFound(task_id))
    }
}
