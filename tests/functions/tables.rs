//! Tables that can be read, and some that cannot.

use std::{future::pending, time::Duration};

use async_trait::async_trait;
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{
    Catalogue, ChunkCount, ChunkRange, Error, HeldSnapshot, Planned, Projection, ReadTimes,
    Reading, Result, SnapshotId, Source, kernel::ChunkFold,
};

/// The columns of the tables.
pub(crate) const COLUMNS: [&str; 4] = ["x1", "y1", "x2", "y2"];

/// The catalogue of one source.
pub(crate) fn catalogue(source: impl Source + 'static) -> Catalogue<'static> {
    Catalogue::new([("points".to_owned(), source)])
}

/// A hundred rows, of which that with id 42 has the nearest pair: 0.5.
pub(crate) fn hundred_rows() -> MemorySource {
    rows_with_nearest(42)
}

/// A hundred rows, of which that with this id has the nearest pair: 0.5.
pub(crate) fn rows_with_nearest(nearest: i64) -> MemorySource {
    let row = |id: i64| {
        let distance = if id == nearest { 0.5 } else { id as f64 };
        (id, vec![Some(0.0), Some(0.0), Some(distance), Some(0.0)])
    };
    MemorySource::new(&COLUMNS, (1..=100).map(row))
}

/// What is done to a table, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Planning,
    Beginning,
    Reading,
    Leaving,
}

/// A table that takes its time, and of which nobody gets beyond some step.
pub(crate) struct Spoiled {
    pub(crate) table: MemorySource,
    pub(crate) step: Step,
    /// What goes wrong at that step; if nothing, it never ends.
    pub(crate) why: Option<fn() -> Error>,
}

impl Spoiled {
    /// The hundred rows, of which nobody gets beyond `step`.
    pub(crate) fn at(step: Step, why: fn() -> Error) -> Self {
        Self { table: hundred_rows(), step, why: Some(why) }
    }

    /// The hundred rows, which take for ever to read.
    pub(crate) fn endless() -> Self {
        Self { table: hundred_rows(), step: Step::Reading, why: None }
    }

    /// The hundred rows, which two read at the same time if they can.
    pub(crate) fn slow() -> Self {
        Self { table: hundred_rows(), step: Step::Leaving, why: None }
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
impl Source for Spoiled {
    fn columns(&self) -> &[String] {
        self.table.columns()
    }

    fn definition(&self) -> &str {
        self.table.definition()
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
        let Self { table, step, why } = self;
        Ok(Box::new(Self { table: table.clone(), step: *step, why: *why }))
    }
}

#[async_trait]
impl Reading for Spoiled {
    fn snapshot(&self) -> &str {
        self.table.snapshot()
    }

    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn ChunkFold,
    ) -> Result<ReadTimes> {
        self.get_to(Step::Reading).await?;
        Box::new(self.table).read(range, projection, fold).await
    }
}

/// A table under another definition.
pub(crate) struct Redefined(pub(crate) MemorySource);

#[async_trait]
impl Source for Redefined {
    fn columns(&self) -> &[String] {
        self.0.columns()
    }

    fn definition(&self) -> &str {
        "another table"
    }

    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned> {
        self.0.plan(chunks, projection).await
    }

    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        self.0.hold(chunks, projection, limit).await
    }

    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        self.0.begin(snapshot).await
    }
}

pub(crate) fn unreachable_database() -> Error {
    Error::unavailable("postgres", "connection refused")
}

pub(crate) fn missing_table() -> Error {
    Error::Misconfigured("table \"points\" does not exist".to_owned())
}
