use std::{future::pending, time::Duration};

use async_trait::async_trait;
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{
    ChunkCount, ChunkRange, Error, FoldRows, HeldSnapshot, Planned, Projection, ReadTimes, Reading,
    Result, SnapshotId, Source, SourceDescription,
};

/// What is done to a table, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Describing the table, or cutting it, with or without a snapshot.
    Planning,
    /// Beginning to read a chunk.
    Beginning,
    /// Reading its rows.
    Reading,
    /// After the last row: nothing goes wrong before it.
    Leaving,
}

/// A table where every step lets other tasks run first, and where nobody gets beyond one step.
#[derive(Debug, Clone)]
pub struct SpoiledSource {
    table: MemorySource,
    step: Step,
    /// What goes wrong at that step. Without an error, the step never ends.
    why: Option<fn() -> Error>,
}

impl SpoiledSource {
    /// A table that fails at `step`.
    pub fn new(table: MemorySource, step: Step, why: fn() -> Error) -> Self {
        Self { table, step, why: Some(why) }
    }

    /// A table that takes for ever to read.
    pub fn endless(table: MemorySource) -> Self {
        Self { table, step: Step::Reading, why: None }
    }

    /// A table that is read without a failure, by two at the same time if they can.
    pub fn slow(table: MemorySource) -> Self {
        Self { table, step: Step::Leaving, why: None }
    }

    async fn get_to(&self, step: Step) -> Result<()> {
        tokio::task::yield_now().await;
        match self.why {
            _ if step < self.step => Ok(()),
            Some(why) => Err(why()),
            None => pending().await,
        }
    }
}

#[async_trait]
impl Source for SpoiledSource {
    fn columns(&self) -> &[String] {
        self.table.columns()
    }

    fn filters(&self) -> Vec<String> {
        self.table.filters()
    }

    fn definition(&self) -> &str {
        self.table.definition()
    }

    async fn describe(&self) -> Result<SourceDescription> {
        self.get_to(Step::Planning).await?;
        self.table.describe().await
    }

    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned> {
        self.get_to(Step::Planning).await?;
        self.table.plan(chunks, projection).await
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        self.get_to(Step::Planning).await?;
        self.table.hold(chunks, projection, limit).await
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        self.get_to(Step::Beginning).await?;
        self.table.begin(snapshot).await?;
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Reading for SpoiledSource {
    fn snapshot(&self) -> &str {
        self.table.snapshot()
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes> {
        self.get_to(Step::Reading).await?;
        Box::new(self.table).read(range, projection, fold).await
    }
}
