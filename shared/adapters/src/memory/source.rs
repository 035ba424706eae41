use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use pgfold_core::{
    ChunkCount, ChunkRange, Error, HeldSnapshot, KeyStatistics, Plan, Planned, ReadTimes, Reading,
    Result, RowBatch, SnapshotId, Source, kernel::ChunkFold,
};

use super::lock;

/// A table that never changes. Each row is a block.
#[derive(Debug, Clone)]
pub struct MemorySource {
    width: usize,
    rows: Arc<Vec<(i64, Vec<Option<f64>>)>>,
    held: Arc<Mutex<Held>>,
}

/// The snapshots that are held, each until when at the latest, and how many ever were.
#[derive(Debug, Default)]
struct Held {
    until: BTreeMap<String, Instant>,
    count: u64,
}

impl Held {
    fn has(&self, id: &SnapshotId) -> bool {
        self.until.get(id.as_str()).is_some_and(|until| Instant::now() < *until)
    }
}

impl MemorySource {
    /// The number of the only relation.
    const RELATION: u32 = 1;

    /// The table with these rows of `width` columns besides the key; keys are unique.
    pub fn new(width: usize, rows: impl IntoIterator<Item = (i64, Vec<Option<f64>>)>) -> Self {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|(key, _)| *key);
        Self { width, rows: Arc::new(rows), held: Arc::default() }
    }

    /// How many snapshots are held.
    pub fn held(&self) -> usize {
        lock(&self.held).until.len()
    }

    fn check(&self, columns: &[&str]) -> Result<()> {
        if columns.len() == self.width {
            return Ok(());
        }
        let wanted = columns.join(", ");
        Err(Error::Misconfigured(format!("columns {wanted} of a table with {}", self.width)))
    }

    fn planned(&self, plan: Plan) -> Planned {
        Planned { plan, estimated_rows: self.rows.len() as u64 }
    }
}

#[async_trait]
impl Source for MemorySource {
    fn definition(&self) -> &str {
        "memory"
    }

    async fn plan(&self, chunks: ChunkCount, columns: &[&str]) -> Result<Planned> {
        self.check(columns)?;
        let quantiles: Vec<i64> = self.rows.iter().map(|(key, _)| *key).collect();
        let ends = quantiles.first().copied().zip(quantiles.last().copied());
        let cut = |(min, max)| Plan::of_keys(&KeyStatistics { min, max, quantiles }, chunks);
        Ok(self.planned(ends.map_or(Plan::empty(), cut)))
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        columns: &[&str],
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        self.check(columns)?;
        let blocks = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let plan = Plan::of_blocks(&[(Self::RELATION, blocks)], chunks);
        let mut held = lock(&self.held);
        held.count += 1;
        let id = SnapshotId::new(format!("memory-{}", held.count))?;
        held.until.insert(id.to_string(), Instant::now() + limit);
        let snapshot = MemorySnapshot { id, held: Arc::clone(&self.held) };
        Ok((self.planned(plan), Box::new(snapshot)))
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        match snapshot {
            Some(id) if !lock(&self.held).has(id) => Err(Error::SnapshotGone(id.clone())),
            _ => Ok(Box::new(self.clone())),
        }
    }
}

#[async_trait]
impl Reading for MemorySource {
    fn snapshot(&self) -> &str {
        "memory"
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        columns: &[&str],
        fold: &mut dyn ChunkFold,
    ) -> Result<ReadTimes> {
        self.check(columns)?;
        let holds = |block: u32, key: i64| match range {
            ChunkRange::Keys(keys) => keys.contains(key),
            ChunkRange::Blocks(blocks) => blocks
                .iter()
                .any(|range| range.start() <= block && range.end().is_none_or(|end| block < end)),
        };
        let mut batch = RowBatch::new(self.width);
        for (block, (key, values)) in (0..).zip(&*self.rows) {
            if !holds(block, *key) {
                continue;
            }
            batch.push(*key, values.iter().copied());
            if batch.is_full() {
                fold.fold(&batch);
                batch.clear();
            }
        }
        fold.fold(&batch);
        Ok(ReadTimes::default())
    }
}

/// A snapshot that is held.
#[derive(Debug)]
struct MemorySnapshot {
    id: SnapshotId,
    held: Arc<Mutex<Held>>,
}

#[async_trait]
impl HeldSnapshot for MemorySnapshot {
    fn id(&self) -> &SnapshotId {
        &self.id
    }

    async fn release(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Drop for MemorySnapshot {
    fn drop(&mut self) {
        lock(&self.held).until.remove(self.id.as_str());
    }
}
