use serde_json::Value;

use crate::{
    ChunkIndex, Clock, Consistency, FailureScope, Progress, Receipt, Result, Store, TaskId,
    Timestamp, Usage, cost_usd,
};

/// Where a job stands.
#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    /// Chunks are missing, and may still come.
    Pending {
        /// Chunks that are done.
        done: usize,
        /// Chunks of the job.
        total: usize,
    },
    /// Every chunk is in.
    Completed(Completed),
    /// Chunks are missing and will not come by themselves.
    Failed {
        /// Why, in a sentence.
        reason: String,
        /// The chunks at fault, ascending.
        chunks: Vec<FailedChunk>,
    },
    /// The job's time to live is over.
    Expired,
}

/// A job's answer and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// What the kernel says, a JSON object.
    pub answer: Value,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that said nothing to the kernel.
    pub skipped: u64,
    /// What the job asked that its chunks together see.
    pub consistency: Consistency,
    /// Whether all chunks saw the same instant of the database.
    pub same_snapshot: bool,
    /// Milliseconds from the submission to the last record, by the clocks of their functions.
    pub elapsed_ms: u64,
    /// What the job costs at list price, see [`cost_usd`].
    pub cost_usd: f64,
    /// A receipt for each chunk, in the order of the plan.
    pub receipts: Vec<(ChunkIndex, Receipt)>,
}

/// A chunk for which a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedChunk {
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// Why, in a sentence.
    pub reason: String,
}

/// The state of a job, with its answer if it has one: one read of the store.
///
/// # Errors
/// Those of [`Store::load`] and of [`reduce`].
pub async fn job_state(store: &dyn Store, clock: &dyn Clock, task_id: TaskId) -> Result<JobState> {
    reduce(&store.load(task_id).await?, clock.now())
}

/// The state of a job at the time `now`.
///
/// A job with all its records is completed, whatever failed on the way: a chunk that succeeds
/// after it failed counts. Partials are merged in the order of the plan, so an answer does not
/// depend on the order in which chunks came in.
///
/// # Errors
/// [`Error::Corrupt`](crate::Error::Corrupt) if a partial does not read back, and
/// [`Error::Invalid`](crate::Error::Invalid) if this build does not know the job's kernel.
pub fn reduce(progress: &Progress, now: Timestamp) -> Result<JobState> {
    let Progress { job, records, .. } = progress;
    let missing: Vec<ChunkIndex> =
        job.plan.chunks().map(|(chunk, _)| chunk).filter(|at| !records.contains_key(at)).collect();

    if now >= job.expires_at {
        return Ok(JobState::Expired);
    }
    if missing.is_empty() {
        return completed(progress).map(JobState::Completed);
    }
    if let Some(failed) = failed(progress) {
        return Ok(failed);
    }
    if now >= job.deadline {
        let late = "not done by the job's deadline";
        return Ok(JobState::Failed {
            reason: format!("{} of {} chunks {late}", missing.len(), job.plan.len()),
            chunks: missing
                .into_iter()
                .map(|chunk| FailedChunk { chunk, reason: late.to_owned() })
                .collect(),
        });
    }
    Ok(JobState::Pending { done: job.plan.len() - missing.len(), total: job.plan.len() })
}

fn completed(progress: &Progress) -> Result<Completed> {
    let Progress { job, records, .. } = progress;
    let kernel = job.kernel.open()?;
    let receipts = || records.values().map(|record| &record.receipt);
    let mut snapshots = receipts().map(|receipt| &receipt.snapshot);
    let first_snapshot = snapshots.next();
    let finished_at = receipts().map(|receipt| receipt.recorded_at).max();
    Ok(Completed {
        answer: kernel.answer(&mut records.values().map(|record| &record.partial))?,
        rows: receipts().map(|receipt| receipt.rows).sum(),
        skipped: receipts().map(|receipt| receipt.skipped).sum(),
        consistency: job.consistency,
        same_snapshot: snapshots.all(|snapshot| Some(snapshot) == first_snapshot),
        elapsed_ms: finished_at.map_or(0, |end| end.millis_since(job.created_at)),
        cost_usd: cost_usd(usage(progress)?),
        receipts: records.iter().map(|(&chunk, record)| (chunk, record.receipt.clone())).collect(),
    })
}

fn usage(Progress { records, .. }: &Progress) -> Result<Usage> {
    let mut usage =
        Usage { chunks: records.len() as u64, attempts: 0, megabyte_ms: 0, record_bytes: 0 };
    for record in records.values() {
        usage.attempts += u64::from(record.receipt.attempts);
        usage.megabyte_ms += record.receipt.map_ms * u64::from(record.receipt.memory_mb);
        usage.record_bytes += record.to_json()?.len() as u64;
    }
    Ok(usage)
}

/// The failure of the job as a whole, or of chunks that have not succeeded since.
fn failed(Progress { records, failures, .. }: &Progress) -> Option<JobState> {
    let chunks: Vec<FailedChunk> = failures
        .iter()
        .filter_map(|(scope, reason)| match scope {
            FailureScope::Chunk(chunk) if !records.contains_key(chunk) => {
                Some(FailedChunk { chunk: *chunk, reason: reason.clone() })
            }
            _ => None,
        })
        .collect();
    let reason = match (failures.get(&FailureScope::Job), chunks.first()) {
        (Some(reason), _) => reason.clone(),
        (None, Some(first)) => format!("chunk {}: {}", first.chunk, first.reason),
        (None, None) => return None,
    };
    Some(JobState::Failed { reason, chunks })
}
