//! Jobs and records as tests want them.

use std::time::{Duration, SystemTime};

use pgfold_adapters::new_task_id;
use pgfold_core::{
    ChunkCount, ChunkRecord, Consistency, Job, KeyStatistics, Plan, Receipt, RowBatch, Timestamp,
    kernel::{KernelSpec, Metric, MinDistance, MinDistanceParams},
};

/// The kernel `min_distance` by `metric`.
pub fn min_distance(metric: Metric) -> KernelSpec {
    KernelSpec::of::<MinDistance>(&MinDistanceParams { metric }).expect("plain parameters")
}

/// A new job of `chunks` chunks over all the keys there are but the largest, so that they are
/// of the longest form; it ends in a minute and is kept for ten.
///
/// # Panics
/// If there are too many chunks.
pub fn job(chunks: u64) -> Job {
    let statistics = KeyStatistics { min: i64::MIN, max: i64::MAX - 1, quantiles: Vec::new() };
    let now = Timestamp::from(SystemTime::now());
    Job {
        task_id: new_task_id(),
        kernel: min_distance(Metric::Euclidean),
        consistency: Consistency::PerChunk,
        plan: Plan::new(Some(&statistics), ChunkCount::new(chunks).expect("a number of chunks")),
        created_at: now,
        deadline: now + Duration::from_secs(60),
        expires_at: now + Duration::from_secs(600),
    }
}

/// The record of a chunk of `job` whose only row has these coordinates.
///
/// # Panics
/// If the job has no such chunk.
pub fn record(job: &Job, chunk: u16, row: [f64; 4]) -> ChunkRecord {
    let kernel = job.kernel.open().expect("a kernel");
    let mut fold = kernel.fold();
    let mut batch = RowBatch::new(4);
    batch.push(i64::from(chunk), row.map(Some));
    fold.fold(&batch);
    let folded = fold.finish().expect("a partial");
    let (_, range) = job.plan.chunks().nth(usize::from(chunk)).expect("a chunk");
    let receipt = Receipt {
        range,
        rows: folded.rows,
        skipped: folded.skipped,
        attempts: 1,
        map_ms: 7,
        memory_mb: 1769,
        snapshot: "790:795:791,792".to_owned(),
        recorded_at: job.created_at,
    };
    ChunkRecord { partial: folded.partial, receipt }
}
