use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    error::{Error, Result},
    job::{ChunkRecord, Chunks, Consistency, Execution, Job, Progress, Receipt},
    operations::Usage,
    plan::ChunkIndex,
};

/// A job's answer and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// What the kernel says, a JSON object.
    pub answer: Value,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that said nothing to the kernel.
    pub skipped: u64,
    /// About how many rows there were, as the job was planned.
    pub estimated_rows: u64,
    /// Who looked at every row.
    pub execution: Execution,
    /// What the job asked that its chunks together see.
    pub consistency: Consistency,
    /// What they saw: at least that, and one instant also if they happened to.
    pub consistency_reached: Consistency,
    /// For how many milliseconds the job's snapshot was held, if it read one and that is known.
    pub held_ms: Option<u64>,
    /// Milliseconds from the submission to the last record, by the clocks of their functions.
    pub elapsed_ms: u64,
    /// Milliseconds of the mappers' work on the chunks, added up: attempts that failed are in it.
    pub map_ms: u64,
    /// Attempts that failed, by the notes that their mappers left.
    pub failed_attempts: u64,
    /// The rows of the largest chunk over those of the mean; `None` if there are no rows.
    pub balance: Option<f64>,
    /// What the job used.
    pub usage: Usage,
    /// Each chunk, in the order of the plan.
    pub chunks: Vec<CompletedChunk>,
}

/// A chunk of a completed job.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedChunk {
    /// Which chunk.
    pub chunk: ChunkIndex,
    /// How it went.
    pub receipt: Receipt,
    /// How many deliveries and records of it were discarded, for it had its record.
    pub discarded: u32,
}

impl Completed {
    /// Makes the answer and the evidence of a job whose chunks all count.
    pub(crate) fn new(progress: &Progress, chunks: &Chunks) -> Result<Self> {
        let (Progress { job, held_ms, .. }, Chunks { records, .. }) = (progress, chunks);
        let receipts = || records.values().map(|record| &record.receipt);
        let tally = chunks.tally()?;
        let completed = |(&chunk, record): (&ChunkIndex, &ChunkRecord)| CompletedChunk {
            chunk,
            receipt: record.receipt.clone(),
            discarded: chunks.discarded.get(&chunk).copied().unwrap_or_default(),
        };
        Ok(Self {
            answer: answer(job, chunks)?,
            rows: tally.rows,
            skipped: tally.skipped,
            estimated_rows: job.estimated_rows,
            execution: job.computation.execution,
            consistency: job.computation.consistency(),
            consistency_reached: consistency_reached(job, records)?,
            held_ms: *held_ms,
            elapsed_ms: tally.recorded_at.map_or(0, |end| end.millis_since(job.created_at)),
            map_ms: progress.map_ms(&tally),
            failed_attempts: progress.failed.attempts,
            balance: balance(receipts().map(|receipt| receipt.rows)),
            usage: Usage::new(progress, &tally),
            chunks: records.iter().map(completed).collect(),
        })
    }
}

/// What the kernel of a job says of the chunks that have their record.
pub(crate) fn answer(job: &Job, chunks: &Chunks) -> Result<Value> {
    let unknown = |error| Error::corrupt(format!("the kernel of task {}", job.job_id), error);
    let kernel = job.computation.kernel.open().map_err(unknown)?;
    kernel.answer(&mut chunks.records.values().map(|record| &record.partial))
}

/// What chunks saw together, by the instants that they say they saw; of a source that no instant of
/// the database has whole, never one.
fn consistency_reached(
    job: &Job,
    records: &BTreeMap<ChunkIndex, ChunkRecord>,
) -> Result<Consistency> {
    if !job.is_one_instant {
        return Ok(Consistency::PerChunk);
    }
    let snapshots: BTreeSet<&str> =
        records.values().map(|record| record.receipt.snapshot.as_str()).collect();
    match (job.computation.consistency(), snapshots.len()) {
        (_, 0 | 1) => Ok(Consistency::Snapshot),
        (Consistency::PerChunk, _) => Ok(Consistency::PerChunk),
        (Consistency::Snapshot, instants) => {
            let seen = format!("its chunks say that they saw {instants} instants, not one");
            Err(Error::corrupt(format!("task {}", job.job_id), seen))
        }
    }
}

fn balance(rows: impl Iterator<Item = u64>) -> Option<f64> {
    let (mut largest, mut sum, mut chunks) = (0, 0, 0_u64);
    for rows in rows {
        (largest, sum, chunks) = (rows.max(largest), sum + rows, chunks + 1);
    }
    (sum > 0).then(|| largest as f64 * chunks as f64 / sum as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balance_is_the_largest_chunk_over_the_mean() {
        assert_eq!(balance([10, 30, 20].into_iter()), Some(1.5));
        assert_eq!(balance([0, 0].into_iter()), None);
    }
}
