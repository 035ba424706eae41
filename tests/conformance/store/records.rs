//! A chunk counts once.

use pgfold_core::{ChunkIndex, Error, Job, Reason, Recorded, Stage, Store};
use pgfold_tests::PlannedJob;

use super::{SIZES, at_once, chunks, created, progress, put};

pub(crate) async fn the_first_record_of_a_chunk_stays(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        put(store, &sample, 1, 5.0).await;
        put(store, &sample, 1, 3.0).await;
        let records = chunks(store, &sample).await.records;
        assert_eq!(records[&ChunkIndex(1)], sample.record(1, [0.0, 0.0, 5.0, 0.0]));
    }
}

pub(crate) async fn a_duplicate_does_not_count(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let last = sample.job.chunks - 1;
        for chunk in (0..=last).rev() {
            let complete = chunk == 0;
            let stage = if complete { Stage::Done } else { Stage::Map };
            for first in [true, false, false] {
                let recorded = put(store, &sample, chunk, 1.0).await;
                assert_eq!(recorded, Recorded { first, stage }, "chunk {chunk} of {size}");
            }
            let done = progress(store, &sample).await.done;
            assert!(done <= sample.job.chunks - chunk, "{done} at chunk {chunk} of {size}");
            assert_eq!(done == sample.job.chunks, complete);
        }
        // A caller that comes late learns it too.
        let late = put(store, &sample, last, 1.0).await;
        assert_eq!(late, Recorded { first: false, stage: Stage::Done });
    }
}

pub(crate) async fn of_many_records_at_once_one_counts(store: &dyn Store) {
    let sample = created(store, 2).await;
    let puts = (0..16).map(|attempt| put(store, &sample, 0, f64::from(attempt)));
    let recorded = at_once(puts).await;
    assert_eq!(recorded.iter().filter(|one| one.first).count(), 1, "{recorded:?}");
    assert!(recorded.iter().all(|one| one.stage == Stage::Map), "{recorded:?}");
    assert_eq!(put(store, &sample, 1, 1.0).await, Recorded { first: true, stage: Stage::Done });
}

pub(crate) async fn chunks_at_once_all_count(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        // Each chunk twice, as from a queue that redelivers.
        let count = sample.job.chunks;
        let puts = (0..2 * count).map(|delivery| put(store, &sample, delivery % count, 1.0));
        let recorded = at_once(puts).await;
        assert_eq!(recorded.iter().filter(|one| one.first).count(), usize::from(count));
        assert!(
            recorded.iter().any(|one| one.stage == Stage::Done),
            "nobody saw {size} chunks complete"
        );
        assert_eq!(progress(store, &sample).await.done, count);
        assert_eq!(chunks(store, &sample).await.records.len(), usize::from(count));
    }
}

pub(crate) async fn a_record_for_another_plan_is_refused(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let other = Job { plan: PlannedJob::new(size).job.plan, ..sample.job.clone() };
        let record = sample.record(0, [0.0; 4]);
        for refused in [
            store.record(&other, ChunkIndex(0), &record).await.map(drop),
            store.fail_chunk(&other, ChunkIndex(0), &Reason::new("a reason")).await.map(drop),
            store.reopen(&other, other.deadline).await,
        ] {
            assert!(
                matches!(refused, Err(Error::OtherPlan(_) | Error::NotFound(_))),
                "{refused:?}"
            );
        }
        let chunks = chunks(store, &sample).await;
        assert!(chunks.records.is_empty() && chunks.failures.is_empty(), "{chunks:?}");
        assert!(put(store, &sample, 0, 1.0).await.first);
    }
}

pub(crate) async fn every_float_reads_back_bit_for_bit(store: &dyn Store) {
    // Distances like the demo's, where a careless JSON parser loses one in seven, and the ends
    // of the range.
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    let mut distance = || {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (bits >> 11) as f64 / (1_u64 << 53) as f64 * 141.0
    };
    let mut distances: Vec<f64> = (0..56).map(|_| distance()).collect();
    distances.extend([0.0, -0.0, 5e-324, f64::MIN_POSITIVE, 1e300, f64::MAX, f64::INFINITY, 0.1]);
    let sample = created(store, 64).await;
    for (chunk, &x2) in (0..).zip(&distances) {
        put(store, &sample, chunk, x2).await;
    }
    let records = chunks(store, &sample).await.records;
    for (chunk, &x2) in (0..).zip(&distances) {
        let expected = sample.record(chunk, [0.0, 0.0, x2, 0.0]);
        assert_eq!(records[&ChunkIndex(chunk)], expected, "{x2:e}");
    }
}
