//! Jobs in the words of the API.

use std::collections::BTreeMap;

use pgfold_api::{
    ChunkState, Job, JobChunk, JobDetail, ListedJob, Receipt,
    server::parameters::{ChunkSelection, Receipts},
};
use pgfold_core::{
    self as core, Answer, ChunkIndex, ChunkRange, Chunks, JobResult, JobState, Timestamp,
};
use serde_json::Value;

/// Returns a job of the list.
pub(crate) fn listed(listed: &core::ListedJob, now: Timestamp) -> ListedJob {
    let core::ListedJob { progress, status, error } = listed;
    ListedJob { job: Job::new(progress, *status, now), error: error.clone() }
}

/// Returns a job with all that is known about it, except its chunks and files.
pub(crate) fn detailed(
    progress: core::Progress,
    state: JobState,
    answer_so_far: Option<Value>,
    now: Timestamp,
) -> JobDetail {
    let mut shown = JobDetail {
        job: Job::new(&progress, state.status(), now),
        answer: None,
        files: None,
        whole: None,
        groups_left_out: None,
        skipped_by: None,
        consistency_reached: None,
        balance: None,
        error: None,
        failed_chunks: None,
        failed_chunks_left_out: None,
        answer_so_far,
        snapshot_held_ms: progress.held_ms,
        warnings: progress.job.warnings,
        chunks: None,
        chunks_left_out: None,
    };
    match state {
        JobState::Completed(completed) => {
            shown.consistency_reached = Some(completed.consistency_reached.into());
            shown.balance = Some(completed.balance);
            if let JobResult::Answer(Answer { answer, skipped }) = completed.result {
                shown.answer = Some(answer);
                let skipped: BTreeMap<String, u64> = skipped.into_iter().collect();
                shown.skipped_by = (!skipped.is_empty()).then_some(skipped);
            }
        }
        JobState::Failed { reason, chunks } => {
            shown.error = Some(reason);
            shown.failed_chunks = Some(chunks.iter().map(Into::into).collect());
        }
        JobState::Pending { .. } | JobState::Cancelled | JobState::Expired => {}
    }
    shown
}

/// Returns the selected chunks; `None` if chunks are not shown.
pub(crate) fn selected(chunks: &Chunks, selection: ChunkSelection) -> Option<Vec<JobChunk>> {
    let ChunkSelection { from, limit, receipts } = selection;
    let selected = chunks.plan.chunks().skip(from).take(limit);
    let selected = selected.map(|(at, range)| chunk(chunks, at, &range));
    (receipts == Receipts::All).then(|| selected.collect())
}

/// Returns a chunk with its receipt, or why it failed.
fn chunk(chunks: &Chunks, at: ChunkIndex, range: &ChunkRange) -> JobChunk {
    let state = if let Some(record) = chunks.records.get(&at) {
        let discarded = chunks.discarded.get(&at).copied().unwrap_or_default();
        ChunkState::Done(Receipt::new(&record.receipt, discarded))
    } else if let Some(reason) = chunks.failures.get(&at) {
        ChunkState::Failed { error: reason.as_str().to_owned() }
    } else {
        ChunkState::Open
    };
    JobChunk { chunk: at.0, rows_of: range.into(), state }
}
