//! Jobs as JSON.

use pgfold_adapters::http;
use pgfold_core::{
    ChunkIndex, Chunks, JobDetail, JobState, LastError, ListedJob, Progress, Status, Timestamp,
    Usage, cost_usd,
};
use serde_json::{Map, Value, json};

use crate::query::ChunkSelection;

/// A job of the list.
pub(crate) fn listed(ListedJob { progress, status, error }: &ListedJob, now: Timestamp) -> Value {
    let mut told = job(progress, *status, now);
    if let Some(error) = error {
        told.insert("error".to_owned(), error.as_str().into());
    }
    Value::Object(told)
}

/// A job with all that is known of it, and some of its chunks.
pub(crate) fn detailed(
    detail: &JobDetail,
    selection: Option<ChunkSelection>,
    now: Timestamp,
) -> Value {
    let JobDetail { progress, chunks, state, answer_so_far } = detail;
    let mut told = job(progress, state.status(), now);
    let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), value);
    match state {
        JobState::Completed(completed) => {
            tell("answer", completed.answer.clone());
            tell("consistency_reached", json!(completed.consistency_reached));
            tell("balance", json!(completed.balance));
        }
        JobState::Failed { reason, chunks } => {
            tell("error", reason.as_str().into());
            tell("failed_chunks", http::failed_chunks(chunks));
        }
        JobState::Pending { .. } | JobState::Cancelled | JobState::Expired => {}
    }
    if let Some(answer) = answer_so_far {
        tell("answer_so_far", answer.clone());
    }
    if let Some(held_ms) = progress.held_ms {
        tell("snapshot_held_ms", held_ms.into());
    }
    if !progress.job.warnings.is_empty() {
        tell("warnings", json!(progress.job.warnings));
    }
    if let Some(ChunkSelection { from, limit }) = selection {
        let selected = chunks.plan.chunks().skip(from).take(limit);
        tell(
            "chunks",
            selected.map(|(at, range)| chunk(chunks, at, http::chunk(at, &range))).collect(),
        );
    }
    Value::Object(told)
}

/// What the list and the detail have in common. The answer is not in it.
fn job(progress: &Progress, status: Status, now: Timestamp) -> Map<String, Value> {
    let Progress { job, tally, .. } = progress;
    let computation = &job.computation;
    let elapsed_ms = match status {
        Status::Pending => Some(now),
        // The last record of a job that is not complete says little.
        Status::Completed => Some(tally.recorded_at.unwrap_or(job.created_at)),
        Status::Failed | Status::Cancelled | Status::Expired => None,
    };
    let told = json!({
        "task_id": job.job_id,
        "trace_id": job.trace().id,
        "state": status,
        "source": computation.source.name,
        "columns": computation.columns,
        "kernel": computation.kernel.name,
        "params": computation.kernel.params,
        "execution": computation.execution,
        "consistency": computation.consistency(),
        "created_at": http::timestamp(job.created_at),
        "deadline": http::timestamp(progress.deadline),
        "expires_at": http::timestamp(job.expires_at),
        "progress": { "done": progress.done, "total": job.chunks },
        "estimated_rows": job.estimated_rows,
        "rows": tally.rows,
        "skipped": tally.skipped,
        "elapsed_ms": elapsed_ms.map(|end| end.millis_since(job.created_at)),
        "map_ms": progress.map_ms(tally),
        "failed_attempts": progress.failed.attempts,
        "cost_usd": cost_usd(Usage::new(progress, tally)),
    });
    let Value::Object(mut told) = told else { return Map::new() };
    if let Some(LastError { chunk, attempt, at, error }) = &progress.last_error {
        let at = http::timestamp(*at);
        let last = json!({ "chunk": chunk, "attempt": attempt, "at": at, "error": error });
        told.insert("last_error".to_owned(), last);
    }
    told
}

/// A chunk with its receipt, or why it failed.
fn chunk(chunks: &Chunks, at: ChunkIndex, mut told: Map<String, Value>) -> Value {
    let mut state = |state: &str| told.insert("state".to_owned(), state.into());
    if let Some(record) = chunks.records.get(&at) {
        state("done");
        let discarded = chunks.discarded.get(&at).copied().unwrap_or_default();
        told.extend(http::receipt(&record.receipt, discarded));
    } else if let Some(reason) = chunks.failures.get(&at) {
        state("failed");
        told.insert("error".to_owned(), reason.as_str().into());
    } else {
        state("open");
    }
    Value::Object(told)
}
