//! The promises of a store.
//!
//! Sizes are chosen around 16, the chunks that DynamoDB keeps in one item.

mod attempts;
mod claims;
mod ended;
mod endings;
mod listing;
mod partials;
mod records;
mod snapshots;
mod stages;

pub(crate) use attempts::*;
pub(crate) use claims::*;
pub(crate) use ended::*;
pub(crate) use endings::*;
use futures_util::{StreamExt, stream};
pub(crate) use listing::*;
pub(crate) use partials::*;
use pgfold_core::{
    ChunkCount, ChunkIndex, Chunks, Error, Job, OpenChunk, PlanHash, Progress, Reason, Recorded,
    Stage, Store,
};
use pgfold_tests::PlannedJob;
pub(crate) use records::*;
pub(crate) use snapshots::*;
pub(crate) use stages::*;

/// Numbers of chunks: in one item, just as many, and in a tree of two or of many.
const SIZES: [u64; 4] = [2, 16, 17, 100];

/// How many calls are under way at the same time. Of more some would wait for the emulator longer
/// than a store waits for DynamoDB.
const AT_ONCE: usize = 32;

/// The results of calls that are made at the same time.
async fn at_once<C: Future>(calls: impl IntoIterator<Item = C>) -> Vec<C::Output> {
    stream::iter(calls).buffered(AT_ONCE).collect().await
}

async fn created(store: &dyn Store, chunks: u64) -> PlannedJob {
    let sample = PlannedJob::new(chunks);
    store.create(&sample.job, &sample.plan).await.unwrap();
    sample
}

async fn put(store: &dyn Store, sample: &PlannedJob, chunk: u16, distance: f64) -> Recorded {
    let record = sample.record(chunk, [0.0, 0.0, distance, 0.0]);
    store.record(&sample.job, ChunkIndex(chunk), &record).await.unwrap()
}

async fn progress(store: &dyn Store, sample: &PlannedJob) -> Progress {
    store.progress(sample.job.job_id).await.unwrap()
}

async fn chunks(store: &dyn Store, sample: &PlannedJob) -> Chunks {
    store.chunks(&sample.job).await.unwrap()
}

async fn open(
    store: &dyn Store,
    job: &Job,
    plan: &PlanHash,
    chunk: u16,
) -> Result<OpenChunk, Error> {
    store.open(job.job_id, plan, ChunkIndex(chunk)).await
}

pub(crate) async fn an_unknown_job_is_not_found(store: &dyn Store) {
    for size in SIZES {
        let sample = PlannedJob::new(size);
        let (job, record) = (&sample.job, sample.record(0, [0.0; 4]));
        let (id, chunk) = (job.job_id, ChunkIndex(0));
        let results = [
            store.progress(id).await.map(drop),
            store.chunks(job).await.map(drop),
            store.mark_queued(id).await,
            store.open(id, &job.plan, chunk).await.map(drop),
            store.attach(job, chunk).await,
            store.mark_released(id, 1).await,
            store.record(job, chunk, &record).await.map(drop),
            store.discard(job, chunk).await,
            store.note_failure(job, &attempts::failed_attempt(&sample, 0, 1)).await,
            store.fail_chunk(job, chunk, &Reason::new("none")).await.map(drop),
            store.fail_job(id, &Reason::new("none")).await,
            store.reopen(job, job.deadline).await,
            store.cancel(id, job.created_at).await,
            store.mark_announced(id, &endings::announcement(job, 1)).await,
            // None of them has made a job.
            store.progress(id).await.map(drop),
            store.chunks(job).await.map(drop),
        ];
        for result in results {
            assert!(matches!(result, Err(Error::NotFound(unknown)) if unknown == id), "{result:?}");
        }
    }
}

pub(crate) async fn a_job_is_created_once_and_reads_back(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        assert_eq!(chunks(store, &sample).await, Chunks::new(sample.plan.clone()));
        put(store, &sample, 1, 1.0).await;
        // As a client does that had no reply.
        store.create(job, &sample.plan).await.unwrap();
        let other = Job { deadline: job.expires_at, ..job.clone() };
        let refused = store.create(&other, &sample.plan).await;
        assert!(matches!(refused, Err(Error::AlreadyExists(id)) if id == job.job_id));
        let progress = progress(store, &sample).await;
        assert_eq!(progress.job, *job);
        assert_eq!(
            (progress.queued, progress.failure, progress.chunk_failed),
            (false, None, false)
        );
        let chunks = chunks(store, &sample).await;
        assert_eq!(chunks.records.into_keys().collect::<Vec<_>>(), [ChunkIndex(1)]);
    }
}

pub(crate) async fn a_job_of_an_empty_table_is_complete(store: &dyn Store) {
    let empty = PlannedJob::of_no_rows();
    store.create(&empty.job, &empty.plan).await.unwrap();
    assert_eq!(progress(store, &empty).await.job, empty.job);
    assert_eq!(chunks(store, &empty).await, Chunks::new(empty.plan.clone()));
    let cancelled = store.cancel(empty.job.job_id, empty.job.created_at).await;
    assert!(matches!(cancelled, Err(Error::AlreadyCompleted(_))), "{cancelled:?}");
}

pub(crate) async fn the_largest_job_fits(store: &dyn Store) {
    let sample = created(store, ChunkCount::MAX.into()).await;
    assert_eq!(sample.job.chunks, ChunkCount::MAX);
    let last = ChunkCount::MAX - 1;
    for chunk in [0, 5000, last] {
        let recorded = put(store, &sample, chunk, -1.234_567_890_123_456_7e-300).await;
        assert_eq!(recorded, Recorded { first: true, stage: Stage::Map });
        let open = open(store, &sample.job, &sample.job.plan, chunk).await.unwrap();
        assert_eq!(Some(open.range), sample.plan.range(ChunkIndex(chunk)));
        assert_eq!(open.recorded, Some(Stage::Map));
    }
    let chunks = chunks(store, &sample).await;
    assert_eq!(chunks.plan, sample.plan);
    assert_eq!(chunks.records.into_keys().collect::<Vec<_>>(), [0, 5000, last].map(ChunkIndex));
    assert!(progress(store, &sample).await.done <= 3);
}

pub(crate) async fn a_chunk_is_opened_with_its_keys(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        let last = job.chunks - 1;
        put(store, &sample, last, 1.0).await;
        for chunk in [0, last / 2, last] {
            let open = open(store, job, &job.plan, chunk).await.unwrap();
            assert_eq!(Some(open.range), sample.plan.range(ChunkIndex(chunk)));
            assert_eq!(open.recorded.is_some(), chunk == last);
            assert_eq!(open.progress.job, *job);
        }
        let other = PlannedJob::new(size).job.plan;
        for (plan, chunk) in [(&job.plan, last + 1), (&job.plan, u16::MAX), (&other, 0)] {
            let refused = open(store, job, plan, chunk).await;
            assert!(matches!(refused, Err(Error::OtherPlan(id)) if id == job.job_id));
        }
    }
}

pub(crate) async fn a_job_is_known_to_be_queued_once_it_is(store: &dyn Store) {
    let sample = created(store, 2).await;
    assert!(!progress(store, &sample).await.queued);
    for _ in 0..2 {
        store.mark_queued(sample.job.job_id).await.unwrap();
        assert!(progress(store, &sample).await.queued);
    }
}
