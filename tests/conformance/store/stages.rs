//! Jobs with a second stage: partitions are counted as chunks are, after the chunks of the source.

use pgfold_core::{ChunkIndex, Error, Reason, Recorded, Stage, Store};
use pgfold_tests::PlannedJob;

use super::{at_once, chunks, open, progress, put};

/// Chunks of the source, and partitions: in one item of DynamoDB, and in trees of items that are
/// full or not.
const SIZES: [(u64, u16); 7] = [(1, 1), (2, 3), (12, 4), (16, 1), (17, 3), (40, 20), (3, 64)];

async fn created(store: &dyn Store, size: (u64, u16)) -> PlannedJob {
    let (source, partitions) = size;
    let sample = PlannedJob::with_plan(PlannedJob::new(source).plan.with_partitions(partitions));
    store.create(&sample.job, &sample.plan).await.unwrap();
    sample
}

/// Returns the stage that everybody learns who asks about a chunk that has its record.
async fn stage(store: &dyn Store, sample: &PlannedJob, chunk: u16) -> Stage {
    let job = &sample.job;
    let opened = open(store, job, &job.plan, chunk).await.unwrap().recorded.unwrap();
    let again = put(store, sample, chunk, 9.0).await;
    assert_eq!(again, Recorded { first: false, stage: opened });
    let failed = store.fail_chunk(job, ChunkIndex(chunk), &Reason::new("late")).await.unwrap();
    assert_eq!(failed, Some(opened));
    opened
}

pub(crate) async fn a_job_of_two_stages_reads_back(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        assert_eq!(progress(store, &sample).await.job, sample.job);
        let known = chunks(store, &sample).await;
        assert_eq!(known.plan, sample.plan, "{size:?}");
        for (chunk, range) in sample.plan.chunks() {
            let opened = open(store, &sample.job, &sample.job.plan, chunk.0).await.unwrap();
            assert_eq!((opened.range, opened.recorded), (range, None), "{chunk} of {size:?}");
        }
        let beyond = open(store, &sample.job, &sample.job.plan, sample.job.chunks).await;
        assert!(matches!(beyond, Err(Error::OtherPlan(_))), "{beyond:?}");
    }
}

pub(crate) async fn a_stage_ends_with_its_last_record(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let (source, all) = (sample.job.source_chunks(), sample.job.chunks);
        for chunk in (0..source).rev() {
            let expected = if chunk == 0 { Stage::Reduce } else { Stage::Map };
            let recorded = put(store, &sample, chunk, 1.0).await;
            assert_eq!(recorded, Recorded { first: true, stage: expected }, "{chunk} of {size:?}");
            assert_eq!(stage(store, &sample, chunk).await, expected, "{chunk} of {size:?}");
            assert_eq!(progress(store, &sample).await.stage(), expected);
        }
        assert_eq!(progress(store, &sample).await.done, source, "{size:?}");
        for chunk in source..all {
            let expected = if chunk == all - 1 { Stage::Done } else { Stage::Reduce };
            let recorded = put(store, &sample, chunk, 1.0).await;
            assert_eq!(recorded, Recorded { first: true, stage: expected }, "{chunk} of {size:?}");
            assert_eq!(stage(store, &sample, chunk).await, expected, "{chunk} of {size:?}");
            assert_eq!(stage(store, &sample, 0).await, expected, "{chunk} of {size:?}");
            assert_eq!(progress(store, &sample).await.stage(), expected);
        }
        assert_eq!(progress(store, &sample).await.done, all);
        assert_eq!(chunks(store, &sample).await.records.len(), usize::from(all));
    }
}

pub(crate) async fn chunks_and_then_partitions_at_once_all_count(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let (source, all) = (sample.job.source_chunks(), sample.job.chunks);
        for (range, end) in [(0..source, Stage::Reduce), (source..all, Stage::Done)] {
            // Each twice, as from a queue that redelivers.
            let twice = range.clone().chain(range.clone());
            let recorded = at_once(twice.map(|chunk| put(store, &sample, chunk, 1.0))).await;
            let first = recorded.iter().filter(|one| one.first).count();
            assert_eq!(first, range.len(), "{size:?}");
            assert!(recorded.iter().any(|one| one.stage == end), "nobody saw {end:?} of {size:?}");
            assert!(recorded.iter().all(|one| one.stage <= end), "{recorded:?}");
            assert_eq!(progress(store, &sample).await.stage(), end);
        }
    }
}

pub(crate) async fn a_job_is_cancelled_between_its_stages(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        for chunk in 0..job.source_chunks() {
            put(store, &sample, chunk, 1.0).await;
        }
        store.cancel(job.job_id, job.created_at).await.unwrap();
        assert_eq!(progress(store, &sample).await.cancelled_at, Some(job.created_at));
    }
}

pub(crate) async fn a_partition_may_fail_and_count_later(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let (job, partition) = (&sample.job, ChunkIndex(sample.job.source_chunks()));
        for chunk in 0..job.source_chunks() {
            put(store, &sample, chunk, 1.0).await;
        }
        let failed = store.fail_chunk(job, partition, &Reason::new("no space")).await.unwrap();
        assert_eq!(failed, None);
        assert!(progress(store, &sample).await.chunk_failed);
        assert_eq!(chunks(store, &sample).await.failures[&partition], "no space");
        store.reopen(job, job.deadline).await.unwrap();
        assert!(!progress(store, &sample).await.chunk_failed);
        assert_eq!(progress(store, &sample).await.stage(), Stage::Reduce);
        for chunk in job.source_chunks()..job.chunks {
            put(store, &sample, chunk, 1.0).await;
        }
        assert_eq!(progress(store, &sample).await.stage(), Stage::Done);
    }
}
