use std::time::Duration;

use async_trait::async_trait;
use pgfold_adapters::memory::MemorySource;
use pgfold_core::{
    ChunkCount, HeldSnapshot, Planned, Projection, Reading, Result, SnapshotId, Source,
    SourceDescription,
};

/// A table under another definition: what a function reads whose configuration is not that of the
/// function that submitted the job.
#[derive(Debug)]
pub struct RedefinedSource(pub MemorySource);

#[async_trait]
impl Source for RedefinedSource {
    fn columns(&self) -> &[String] {
        self.0.columns()
    }

    fn filters(&self) -> Vec<String> {
        self.0.filters()
    }

    fn definition(&self) -> &str {
        "another table"
    }

    async fn describe(&self) -> Result<SourceDescription> {
        self.0.describe().await
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
