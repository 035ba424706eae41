use crate::{
    bounded::bounded,
    error::{Error, Result},
    job::{Chunks, JobId, Progress, Timestamp, TraceId},
    operations::{Completed, FailedChunk, JobState},
    plan::ChunkIndex,
    ports::{Clock, Objects, Store},
};

/// Returns the state of a job, with its answer if it is completed. For a pending job this is one
/// small read of the store.
///
/// # Errors
/// Those of [`Store::progress`], [`Store::chunks`] and [`reduce`].
pub async fn job_state(
    store: &dyn Store,
    objects: &dyn Objects,
    clock: &dyn Clock,
    job_id: JobId,
) -> Result<JobState> {
    traced_state(store, objects, clock, job_id).await.map(|(_, state)| state)
}

/// Returns the trace of a job and its state, as [`job_state`] does.
///
/// # Errors
/// Those of [`job_state`].
pub async fn traced_state(
    store: &dyn Store,
    objects: &dyn Objects,
    clock: &dyn Clock,
    job_id: JobId,
) -> Result<(TraceId, JobState)> {
    let progress = store.progress(job_id).await?;
    let (trace_id, now) = (progress.job.trace.id.clone(), clock.now());
    if let Some(state) = without_chunks(&progress, now) {
        return Ok((trace_id, state));
    }
    let (progress, chunks) = with_chunks(store, progress).await?;
    Ok((trace_id, reduce(objects, &progress, &chunks, now).await?))
}

/// Reads the chunks of a job. The chunks returned are at least as new as the progress returned.
pub(crate) async fn with_chunks(
    store: &dyn Store,
    mut progress: Progress,
) -> Result<(Progress, Chunks)> {
    let chunks = store.chunks(&progress.job).await?;
    if progress.done < progress.job.chunks && chunks.missing().next().is_none() {
        // The last record may have been stored between the two reads.
        progress = store.progress(progress.job.job_id).await?;
    }
    Ok((progress, chunks))
}

/// Returns the state of a job at the time `now`; `None` if it depends on the job's chunks.
pub(crate) fn without_chunks(progress: &Progress, now: Timestamp) -> Option<JobState> {
    let Progress { job, done, .. } = progress;
    if now >= job.expires_at {
        Some(JobState::Expired)
    } else if progress.cancelled_at.is_some() {
        Some(JobState::Cancelled)
    } else {
        let may_have_ended = *done >= job.chunks
            || progress.failure.is_some()
            || progress.chunk_failed
            || now >= progress.deadline;
        (!may_have_ended).then_some(JobState::Pending { done: *done, total: job.chunks })
    }
}

/// Returns the state of a job at the time `now`.
///
/// A cancelled job stays cancelled. Any other job whose chunks all count is completed, even if
/// chunks failed before they succeeded. A job has failed if its kernel breaks its contract in merge
/// or answer, or if its chunks have too many groups or bytes together; the reason is then that
/// error.
/// Partials are merged in the order of the plan, so the answer does not depend on the order in which
/// records were stored.
///
/// # Errors
/// [`Error::Corrupt`] if a partial does not read back or its object does not exist, this build does
/// not know the job's kernel, or the store has lost records that it had counted; those of `objects`,
/// which are read once every chunk counts.
pub async fn reduce(
    objects: &dyn Objects,
    progress: &Progress,
    chunks: &Chunks,
    now: Timestamp,
) -> Result<JobState> {
    if let Some(state) = without_chunks(progress, now) {
        return Ok(state);
    }
    let Progress { job, done, .. } = progress;
    let (done, total) = (*done, job.chunks);
    let missing: Vec<ChunkIndex> = chunks.missing().collect();
    // The store's count decides, not the records read. Otherwise a job could be both completed and
    // cancelled.
    if done == total {
        if missing.is_empty() && chunks.plan.len() == usize::from(total) {
            return answered(Completed::new(objects, progress, chunks).await);
        }
        let lost = format!("{total} chunks are counted and {} are missing", missing.len());
        return Err(Error::corrupt(format!("task {}", job.job_id), lost));
    }
    let is_late = now >= progress.deadline;
    let failed =
        |chunk: &ChunkIndex, reason: &str| FailedChunk { chunk: *chunk, reason: reason.to_owned() };
    let mut at_fault: Vec<FailedChunk> = missing
        .iter()
        .filter_map(|chunk| Some(failed(chunk, chunks.failures.get(chunk)?)))
        .collect();
    let reason = match (&progress.failure, at_fault.first()) {
        (Some(reason), _) => reason.clone(),
        (None, Some(first)) => format!("chunk {}: {}", first.chunk, first.reason),
        (None, None) if !is_late => return Ok(JobState::Pending { done, total }),
        (None, None) => match missing.len() {
            0 => format!("the last of {total} chunks were not counted by the job's deadline"),
            missing => format!("{missing} of {total} chunks {LATE}"),
        },
    };
    if at_fault.is_empty() && is_late {
        at_fault = missing.iter().map(|chunk| failed(chunk, LATE)).collect();
    }
    Ok(JobState::Failed { reason, chunks: at_fault })
}

/// Why a chunk without a record and without a failure of its own fails its job.
const LATE: &str = "not done by the job's deadline";

/// Returns the state of a job whose chunks all count.
fn answered(answer: Result<Completed>) -> Result<JobState> {
    match answer {
        // The job fails, because the same partials would break the kernel again.
        Err(
            error @ (Error::Kernel { .. }
            | Error::TooManyGroupsOfJob { .. }
            | Error::PartialsTooLarge { .. }),
        ) => Ok(JobState::Failed { reason: bounded(error), chunks: Vec::new() }),
        answer => answer.map(JobState::Completed),
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU16, ops::Range, time::Duration};

    use async_trait::async_trait;
    use futures_util::FutureExt;

    use super::*;
    use crate::{
        job::{
            ChunkRecord, Computation, Consistency, Execution, Job, JobPolicy, ObjectName, Receipt,
            SnapshotId, SourceId, Trace, TraceId,
        },
        kernel::{KernelSpec, MinDistance, MinDistanceParams},
        plan::{ChunkCount, KeyStatistics, Plan, Planned},
        query::{Computed, Query},
        rows::{FoldRows, KeyKind, RowBuffer},
    };

    const CREATED: Timestamp = Timestamp::from_millis(1_000_000);

    /// Makes a job over the keys 0 to 3 in two chunks.
    fn job() -> (Progress, Chunks) {
        planned(Some(&KeyStatistics { min: 0, max: 3, quantiles: Vec::new() }))
    }

    fn planned(statistics: Option<&KeyStatistics>) -> (Progress, Chunks) {
        let chunks = ChunkCount::new(2).unwrap();
        let cut = |statistics| Plan::of_keys(statistics, chunks);
        let plan = statistics.map_or(Plan::empty(), cut);
        let job_id = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap();
        let source = SourceId { name: "points".to_owned(), definition: "points".to_owned() };
        let kernel = KernelSpec::of::<MinDistance>(&MinDistanceParams::default()).unwrap();
        let policy = JobPolicy { deadline: Duration::from_secs(60), ttl: Duration::from_secs(600) };
        let planned = Planned::new(plan, 5);
        let columns = Some(["x1", "y1", "x2", "y2"].map(str::to_owned).into());
        let computation = Computation {
            source,
            relation: None,
            query: Query::of(Computed { kernel, columns }),
            group_types: Vec::new(),
            cut_by: None,
            execution: Execution::Streaming,
            output: None,
            snapshot: None,
        };
        let trace = Trace { id: TraceId("1".to_owned()), context: "Root=1".to_owned() };
        let piece = NonZeroU16::MIN;
        let job = Job::new(job_id, trace, computation, piece, &planned, CREATED, policy);
        (Progress::new(job), Chunks::new(planned.plan))
    }

    /// Stores the record of a chunk with one pair at `distance`.
    fn record(job: &mut (Progress, Chunks), chunk: u16, distance: f64, snapshot: &str) {
        let (progress, chunks) = job;
        let query = progress.job.computation.query.open().unwrap();
        let mut fold = query.fold();
        let mut rows = RowBuffer::new(KeyKind::Integer);
        let key = i64::from(chunk);
        rows.push_cells(&key.into(), [Some(0.0), Some(0.0), Some(distance), Some(0.0)]);
        rows.push_cells(&(key + 10).into(), [Some(0.0), Some(0.0), Some(0.0), None]);
        fold.fold(rows.batch()).unwrap();
        let folded = fold.finish().unwrap();
        let receipt = Receipt {
            range: chunks.plan.range(ChunkIndex(chunk)).unwrap(),
            rows: folded.rows,
            skipped: folded.skipped,
            attempts: 1,
            queue_ms: 3,
            map_ms: 5,
            read_ms: 3,
            fold_ms: 1,
            memory_mb: 1769,
            snapshot: snapshot.to_owned(),
            recorded_at: CREATED + Duration::from_millis(100 * u64::from(chunk)),
        };
        let record = ChunkRecord { partial: folded.partial, receipt };
        chunks.records.insert(ChunkIndex(chunk), record);
        progress.done += 1;
    }

    fn fail(job: &mut (Progress, Chunks), chunk: u16, reason: &str) {
        job.0.chunk_failed = true;
        job.1.failures.insert(ChunkIndex(chunk), reason.to_owned());
    }

    /// There are no objects.
    fn reduce_at(progress: &Progress, chunks: &Chunks, now: Timestamp) -> Result<JobState> {
        reduce(&NoObjects, progress, chunks, now).now_or_never().expect("nobody to wait for")
    }

    struct NoObjects;

    #[async_trait]
    impl Objects for NoObjects {
        async fn put(&self, name: &ObjectName, _: Vec<u8>) -> Result<()> {
            panic!("{name} is put")
        }

        async fn read(&self, name: &ObjectName, _: Range<u64>) -> Result<Vec<u8>> {
            panic!("{name} is read")
        }
    }

    fn at((progress, chunks): &(Progress, Chunks), seconds: u64) -> JobState {
        reduce_at(progress, chunks, CREATED + Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn a_job_is_pending_until_every_chunk_has_its_record() {
        let mut job = job();
        assert_eq!(at(&job, 1), JobState::Pending { done: 0, total: 2 });
        record(&mut job, 1, 2.0, "7:7:");
        assert_eq!(at(&job, 1), JobState::Pending { done: 1, total: 2 });
        record(&mut job, 0, 3.0, "7:7:");
        let JobState::Completed(completed) = at(&job, 1) else { panic!("{:?}", at(&job, 1)) };
        assert_eq!(completed.answer().unwrap().answer["distance"], 2.0);
        assert_eq!(completed.answer().unwrap().answer["pair"]["id"], 1);
        assert_eq!((completed.rows, completed.skipped, completed.elapsed_ms), (4, 2, 100));
        assert_eq!((completed.map_ms, completed.balance), (10, Some(1.0)));
        assert_eq!(completed.estimated_rows, 5);
        assert_eq!(completed.consistency_reached, Consistency::Snapshot);
        assert_eq!(completed.chunks.len(), 2);
    }

    #[test]
    fn consistency_reached_is_per_chunk_if_chunks_saw_different_instants() {
        let mut job = job();
        record(&mut job, 0, 3.0, "7:7:");
        record(&mut job, 1, 2.0, "7:8:");
        let JobState::Completed(completed) = at(&job, 1) else { panic!("{:?}", at(&job, 1)) };
        assert_eq!(completed.consistency_reached, Consistency::PerChunk);

        // If the job reads one snapshot, different instants are an error.
        job.0.job.computation.snapshot = Some(SnapshotId::new("00000003-0000001B-1").unwrap());
        let error = reduce_at(&job.0, &job.1, CREATED).unwrap_err().with_causes();
        assert!(error.contains("its chunks saw 2 instants, not one"), "{error}");
        record(&mut job, 1, 2.0, "7:7:");
        job.0.done = 2;
        assert!(matches!(at(&job, 1), JobState::Completed(_)));
    }

    #[test]
    fn a_completed_job_reports_discarded_deliveries_and_the_hold() {
        let mut job = job();
        record(&mut job, 0, 3.0, "7:7:");
        record(&mut job, 1, 2.0, "7:7:");
        job.1.discarded.insert(ChunkIndex(1), 3);
        job.0.held_ms = Some(1000);
        let JobState::Completed(completed) = at(&job, 1) else { panic!("{:?}", at(&job, 1)) };
        let discarded: Vec<u32> = completed.chunks.iter().map(|chunk| chunk.discarded).collect();
        assert_eq!((discarded, completed.held_ms), (vec![0, 3], Some(1000)));
        assert_eq!(completed.usage.held_ms, 1000);
    }

    #[test]
    fn an_empty_table_is_completed_at_once() {
        let job = planned(None);
        let JobState::Completed(completed) = at(&job, 0) else { panic!("{:?}", at(&job, 0)) };
        let answer = &completed.answer().unwrap().answer;
        assert_eq!(*answer, serde_json::json!({ "distance": null, "pair": null }));
        assert_eq!((completed.rows, completed.elapsed_ms, completed.balance), (0, 0, None));
    }

    #[test]
    fn a_failed_chunk_fails_the_job_until_it_succeeds() {
        let mut job = job();
        fail(&mut job, 1, "no such table");
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
        let reason = "the chunks could not be queued".to_owned();
        job.0.failure = Some(reason.clone());
        assert_eq!(at(&job, 1), JobState::Failed { reason, chunks: Vec::new() });
    }

    #[test]
    fn a_kernel_that_breaks_in_its_answer_fails_the_job_with_its_error() {
        let broken = Error::Kernel { kernel: "mode", problem: "it panicked: no value".to_owned() };
        let reason = "the kernel mode failed: it panicked: no value".to_owned();
        let failed = JobState::Failed { reason, chunks: Vec::new() };
        assert_eq!(answered(Err(broken)).unwrap(), failed);
        assert!(answered(Err(Error::corrupt("a job", "not JSON"))).is_err());
    }

    #[test]
    fn a_job_past_its_deadline_has_failed_and_names_its_missing_chunks() {
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
    #[test]
    fn a_cancelled_job_stays_cancelled() {
        let mut job = job();
        record(&mut job, 0, 2.0, "7:7:");
        job.0.cancelled_at = Some(CREATED);
        assert_eq!(at(&job, 1), JobState::Cancelled);
        record(&mut job, 1, 2.0, "7:7:");
        assert_eq!(at(&job, 60), JobState::Cancelled);
        assert_eq!(at(&job, 600), JobState::Expired);
    }

    #[test]
    fn a_counted_record_that_is_lost_is_an_error() {
        let mut job = job();
        record(&mut job, 0, 2.0, "7:7:");
        record(&mut job, 1, 3.0, "7:7:");
        job.1.records.remove(&ChunkIndex(1));
        let error = reduce_at(&job.0, &job.1, CREATED).unwrap_err();
        assert!(
            error.with_causes().contains("2 chunks are counted and 1 are missing"),
            "{error:?}"
        );
    }
}
