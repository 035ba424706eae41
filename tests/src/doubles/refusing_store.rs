use std::num::NonZeroU16;

use async_trait::async_trait;
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRecord, Chunks, Claim, Error, FailedAttempt, IdempotencyKey,
    Job, JobId, OpenChunk, Plan, PlanHash, Progress, Reason, Recorded, Result, Stage, Store,
    Timestamp,
};

/// A store that answers every call about a job with this error.
#[derive(Debug)]
pub struct RefusingStore(pub fn() -> Error);

macro_rules! refuse {
    ($($call:ident($($argument:ty),*) -> $returned:ty;)+) => {
        #[async_trait]
        impl Store for RefusingStore {
            fn chunks_together(&self) -> NonZeroU16 {
                NonZeroU16::MIN
            }

            $(
                async fn $call(&self, $(_: $argument),*) -> Result<$returned> {
                    Err((self.0)())
                }
            )+
        }
    };
}

refuse! {
    claim(&IdempotencyKey, &Claim) -> Claim;
    create(&Job, &Plan) -> ();
    mark_queued(JobId) -> ();
    progress(JobId) -> Progress;
    list(Option<JobId>, u16) -> Vec<Progress>;
    chunks(&Job) -> Chunks;
    open(JobId, &PlanHash, ChunkIndex) -> OpenChunk;
    attach(&Job, ChunkIndex) -> ();
    mark_released(JobId, u64) -> ();
    record(&Job, ChunkIndex, &ChunkRecord) -> Recorded;
    discard(&Job, ChunkIndex) -> ();
    note_failure(&Job, &FailedAttempt) -> ();
    fail_chunk(&Job, ChunkIndex, &Reason) -> Option<Stage>;
    fail_job(JobId, &Reason) -> ();
    reopen(&Job, Timestamp) -> ();
    cancel(JobId, Timestamp) -> ();
    mark_announced(JobId, &Announcement) -> ();
}
