//! A store that does nothing that it is asked.

use async_trait::async_trait;
use pgfold_core::{
    ChunkIndex, ChunkRecord, Chunks, Claim, Error, FailedAttempt, IdempotencyKey, Job, JobId,
    OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result, Store, Timestamp,
};

/// A store that answers every call with this error.
pub(crate) struct Refusing(pub(crate) fn() -> Error);

impl Refusing {
    fn refused<T>(&self) -> Result<T> {
        Err((self.0)())
    }
}

#[async_trait]
impl Store for Refusing {
    async fn claim(&self, _: &IdempotencyKey, _: &Claim) -> Result<Claim> {
        self.refused()
    }

    async fn create(&self, _: &Job, _: &Plan) -> Result<()> {
        self.refused()
    }

    async fn mark_queued(&self, _: JobId) -> Result<()> {
        self.refused()
    }

    async fn progress(&self, _: JobId) -> Result<Progress> {
        self.refused()
    }

    async fn list(&self, _: Option<JobId>, _: u16) -> Result<Vec<Progress>> {
        self.refused()
    }

    async fn chunks(&self, _: &Job) -> Result<Chunks> {
        self.refused()
    }

    async fn open(&self, _: JobId, _: &PlanHash, _: ChunkIndex) -> Result<OpenChunk> {
        self.refused()
    }

    async fn attach(&self, _: &Job, _: ChunkIndex) -> Result<()> {
        self.refused()
    }

    async fn mark_released(&self, _: JobId, _: u64) -> Result<()> {
        self.refused()
    }

    async fn record(&self, _: &Job, _: ChunkIndex, _: &ChunkRecord) -> Result<Recorded> {
        self.refused()
    }

    async fn discard(&self, _: &Job, _: ChunkIndex) -> Result<()> {
        self.refused()
    }

    async fn note_failure(&self, _: &Job, _: &FailedAttempt) -> Result<()> {
        self.refused()
    }

    async fn fail_chunk(&self, _: &Job, _: ChunkIndex, _: &Reason) -> Result<()> {
        self.refused()
    }

    async fn fail_job(&self, _: JobId, _: &Reason) -> Result<()> {
        self.refused()
    }

    async fn reopen(&self, _: &Job, _: Timestamp) -> Result<()> {
        self.refused()
    }

    async fn cancel(&self, _: JobId, _: Timestamp) -> Result<()> {
        self.refused()
    }
}
