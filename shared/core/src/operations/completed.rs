use std::collections::BTreeSet;

use crate::{
    error::{Error, Result},
    job::{ChunkRecord, Chunks, Consistency, Execution, Job, Progress, Receipt},
    operations::{Manifest, Usage, partials::answer},
    plan::ChunkIndex,
    ports::Objects,
    query::Answer,
};

/// What a completed job computed.
#[derive(Debug, Clone, PartialEq)]
pub enum JobResult {
    /// The query's answer.
    Answer(Answer),
    /// The files that were written.
    Files(Manifest),
}

/// A job's result and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// The result.
    pub result: JobResult,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that kernels skipped, a row once for each of them.
    pub skipped: u64,
    /// The estimate of the number of rows when the job was planned.
    pub estimated_rows: u64,
    /// How the chunks were executed: by streaming or pushdown.
    pub execution: Execution,
    /// The consistency that the job asked for.
    pub consistency: Consistency,
    /// The consistency that the chunks reached: at least what the job asked for, and `Snapshot`
    /// also if all chunks happened to see one instant.
    pub consistency_reached: Consistency,
    /// How many milliseconds the job's snapshot was held; `None` if the job read none or the time
    /// is not known.
    pub held_ms: Option<u64>,
    /// Milliseconds from the submission to the last record, by the clocks of the functions that
    /// took these times.
    pub elapsed_ms: u64,
    /// The sum of the milliseconds that mappers worked on the chunks, failed attempts included.
    pub map_ms: u64,
    /// The number of failed attempts that mappers noted.
    pub failed_attempts: u64,
    /// The rows of the largest chunk divided by the mean rows of a chunk; `None` if there are no
    /// rows.
    pub balance: Option<f64>,
    /// What the job used.
    pub usage: Usage,
    /// Each chunk, in the order of the plan.
    pub chunks: Vec<CompletedChunk>,
}

/// A chunk of a completed job.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedChunk {
    /// The chunk.
    pub chunk: ChunkIndex,
    /// The evidence that its mapper stored.
    pub receipt: Receipt,
    /// How many deliveries and records of the chunk were discarded because it already had a record.
    pub discarded: u32,
}

impl Completed {
    /// Returns the answer of the query; `None` if files were written instead.
    pub const fn answer(&self) -> Option<&Answer> {
        match &self.result {
            JobResult::Answer(answer) => Some(answer),
            JobResult::Files(_) => None,
        }
    }

    /// Makes the answer and the evidence of a job. Every chunk has its record.
    ///
    /// # Errors
    /// As for [`answer`]; [`Error::Corrupt`] also if a record cannot be written as JSON, or if the
    /// job reads one snapshot and its chunks saw several instants.
    pub(crate) async fn new(
        objects: &dyn Objects,
        progress: &Progress,
        chunks: &Chunks,
    ) -> Result<Self> {
        let (Progress { job, held_ms, .. }, Chunks { records, .. }) = (progress, chunks);
        let tally = chunks.tally()?;
        let result = match Manifest::new(job, chunks)? {
            Some(manifest) => JobResult::Files(manifest),
            None => JobResult::Answer(answer(objects, job, chunks).await?),
        };
        let completed = |(&chunk, record): (&ChunkIndex, &ChunkRecord)| CompletedChunk {
            chunk,
            receipt: record.receipt.clone(),
            discarded: chunks.discarded.get(&chunk).copied().unwrap_or_default(),
        };
        Ok(Self {
            result,
            rows: tally.rows,
            skipped: tally.skipped,
            estimated_rows: job.estimated_rows,
            execution: job.computation.execution,
            consistency: job.computation.consistency(),
            consistency_reached: consistency_reached(job, chunks)?,
            held_ms: *held_ms,
            elapsed_ms: tally.recorded_at.map_or(0, |end| end.millis_since(job.created_at)),
            map_ms: progress.map_ms(&tally),
            failed_attempts: progress.failed.attempts,
            balance: balance(chunks.of_source(job).map(|(_, record)| record.receipt.rows)),
            usage: Usage::new(progress, &tally),
            chunks: records.iter().map(completed).collect(),
        })
    }
}

/// Returns the consistency that chunks reached, by the instants in their receipts. If no instant of
/// the database covers the whole source, it is never one snapshot.
fn consistency_reached(job: &Job, chunks: &Chunks) -> Result<Consistency> {
    if !job.is_one_instant {
        return Ok(Consistency::PerChunk);
    }
    let snapshots: BTreeSet<&str> =
        chunks.of_source(job).map(|(_, record)| record.receipt.snapshot.as_str()).collect();
    match (job.computation.consistency(), snapshots.len()) {
        (_, 0 | 1) => Ok(Consistency::Snapshot),
        (Consistency::PerChunk, _) => Ok(Consistency::PerChunk),
        (Consistency::Snapshot, instants) => {
            let seen = format!("its chunks saw {instants} instants, not one");
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
