use serde_json::Value;

use crate::{
    ChunkIndex, Clock, Consistency, Error, FailureScope, Progress, Receipt, Result, Store, TaskId,
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
/// [`Error::Corrupt`] if a partial does not read back or this build does not know the job's
/// kernel.
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
    let unknown = |error| Error::corrupt(format!("the kernel of task {}", job.task_id), error);
    let kernel = job.kernel.open().map_err(unknown)?;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        ChunkCount, ChunkRecord, Job, KeyStatistics, Plan, Row, RowBatch,
        kernel::{KernelSpec, MinDistance, MinDistanceParams},
    };

    const CREATED: Timestamp = Timestamp::from_millis(1_000_000);

    /// A job over keys 0 to 3 in two chunks.
    fn job() -> Progress {
        let statistics = KeyStatistics { min: 0, max: 3, quantiles: Vec::new() };
        Progress::new(Job {
            task_id: "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap(),
            kernel: KernelSpec::of::<MinDistance>(&MinDistanceParams::default()).unwrap(),
            consistency: Consistency::PerChunk,
            plan: Plan::new(Some(&statistics), ChunkCount::new(2).unwrap()),
            created_at: CREATED,
            deadline: CREATED + Duration::from_secs(60),
            expires_at: CREATED + Duration::from_secs(600),
        })
    }

    /// Records a chunk whose only pair is at `distance`.
    fn record(progress: &mut Progress, chunk: u16, distance: f64, snapshot: &str) {
        let kernel = progress.job.kernel.open().unwrap();
        let mut fold = kernel.fold();
        let mut batch = RowBatch::new(4);
        let row = Row { key: i64::from(chunk), values: &[Some(0.0), Some(0.0), Some(0.0), None] };
        batch.push(row.key, [Some(0.0), Some(0.0), Some(distance), Some(0.0)]);
        batch.push(row.key + 10, row.values.iter().copied());
        fold.fold(&batch);
        let folded = fold.finish().unwrap();
        let (_, range) = progress.job.plan.chunks().nth(usize::from(chunk)).unwrap();
        let receipt = Receipt {
            range,
            rows: folded.rows,
            skipped: folded.skipped,
            attempts: 1,
            map_ms: 5,
            memory_mb: 1769,
            snapshot: snapshot.to_owned(),
            recorded_at: CREATED + Duration::from_millis(100 * u64::from(chunk)),
        };
        let record = ChunkRecord { partial: folded.partial, receipt };
        progress.records.insert(ChunkIndex(chunk), record);
    }

    fn fail(progress: &mut Progress, scope: FailureScope, reason: &str) {
        progress.failures.insert(scope, reason.to_owned());
    }

    fn at(progress: &Progress, seconds: u64) -> JobState {
        reduce(progress, CREATED + Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn a_job_is_pending_until_every_chunk_is_in() {
        let mut job = job();
        assert_eq!(at(&job, 1), JobState::Pending { done: 0, total: 2 });
        record(&mut job, 1, 2.0, "7:7:");
        assert_eq!(at(&job, 1), JobState::Pending { done: 1, total: 2 });
        record(&mut job, 0, 3.0, "7:7:");
        let JobState::Completed(completed) = at(&job, 1) else { panic!("{:?}", at(&job, 1)) };
        assert_eq!(completed.answer["distance"], 2.0);
        assert_eq!(completed.answer["pair"]["id"], 1);
        assert_eq!((completed.rows, completed.skipped, completed.elapsed_ms), (4, 2, 100));
        assert!(completed.same_snapshot);
        assert_eq!(completed.receipts.len(), 2);
    }

    #[test]
    fn chunks_that_saw_different_instants_are_told() {
        let mut job = job();
        record(&mut job, 0, 3.0, "7:7:");
        record(&mut job, 1, 2.0, "7:8:");
        assert!(matches!(at(&job, 1), JobState::Completed(completed) if !completed.same_snapshot));
    }

    #[test]
    fn an_empty_table_is_completed_at_once() {
        let mut job = job();
        job.job.plan = Plan::new(None, ChunkCount::default());
        let JobState::Completed(completed) = at(&job, 0) else { panic!("{:?}", at(&job, 0)) };
        assert_eq!(completed.answer, serde_json::json!({ "distance": null, "pair": null }));
        assert_eq!((completed.rows, completed.elapsed_ms), (0, 0));
    }

    #[test]
    fn a_failed_chunk_fails_the_job_until_it_succeeds() {
        let mut job = job();
        fail(&mut job, FailureScope::Chunk(ChunkIndex(1)), "no such table");
        let failed = JobState::Failed {
            reason: "chunk 1: no such table".to_owned(),
            chunks: vec![FailedChunk { chunk: ChunkIndex(1), reason: "no such table".to_owned() }],
        };
        assert_eq!(at(&job, 1), failed);
        record(&mut job, 1, 2.0, "7:7:");
        assert_eq!(at(&job, 1), JobState::Pending { done: 1, total: 2 });
        record(&mut job, 0, 2.0, "7:7:");
        assert!(matches!(at(&job, 1), JobState::Completed(_)));
    }

    #[test]
    fn a_job_that_was_never_queued_has_failed() {
        let mut job = job();
        fail(&mut job, FailureScope::Job, "the chunks could not be queued");
        let reason = "the chunks could not be queued".to_owned();
        assert_eq!(at(&job, 1), JobState::Failed { reason, chunks: Vec::new() });
    }

    #[test]
    fn a_job_past_its_deadline_has_failed_with_its_missing_chunks() {
        let mut job = job();
        record(&mut job, 0, 2.0, "7:7:");
        let JobState::Failed { reason, chunks } = at(&job, 60) else {
            panic!("{:?}", at(&job, 60))
        };
        assert_eq!(reason, "1 of 2 chunks not done by the job's deadline");
        assert_eq!(chunks[0].chunk, ChunkIndex(1));
        record(&mut job, 1, 2.0, "7:7:");
        assert!(matches!(at(&job, 60), JobState::Completed(_)));
        assert_eq!(at(&job, 600), JobState::Expired);
    }
}
