use std::time::Duration;

use async_trait::async_trait;
use pgfold_core::{
    ChunkCount, Error, HeldSnapshot, Planned, Projection, Reading, Result, SnapshotId, Source,
    SourceDescription,
};

/// A table that has this plan, whatever is asked for, and whose rows nobody reads.
#[derive(Debug)]
pub struct PlanOnlySource {
    /// The table's columns.
    pub columns: Vec<String>,
    /// The plan.
    pub planned: Planned,
}

impl PlanOnlySource {
    fn unread<T>() -> Result<T> {
        Err(Error::Invalid("nobody reads these rows".to_owned()))
    }
}

#[async_trait]
impl Source for PlanOnlySource {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn filters(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn definition(&self) -> &str {
        "a plan alone"
    }

    async fn describe(&self) -> Result<SourceDescription> {
        Self::unread()
    }

    async fn plan(&self, _: ChunkCount, _: &Projection) -> Result<Planned> {
        Ok(self.planned.clone())
    }

    async fn hold(
        &self,
        _: ChunkCount,
        _: &Projection,
        _: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
        Self::unread()
    }

    async fn begin(&self, _: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
        Self::unread()
    }
}
