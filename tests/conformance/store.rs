//! The promises of a store.

use futures_util::future::join_all;
use pgfold_core::{
    ChunkCount, ChunkIndex, Error, Failure, FailureScope, Job, PlanHash, Recorded, Store,
    kernel::Metric,
};
use pgfold_tests::{job, min_distance, record};

async fn created(store: &dyn Store, chunks: u64) -> Job {
    let job = job(chunks);
    store.create(&job).await.unwrap();
    job
}

async fn put(store: &dyn Store, job: &Job, chunk: u16, distance: f64) -> Recorded {
    let record = record(job, chunk, [0.0, 0.0, distance, 0.0]);
    store.record(job.task_id, &job.plan_hash(), ChunkIndex(chunk), &record).await.unwrap()
}

pub(crate) async fn an_unknown_job_is_not_found(store: &dyn Store) {
    let job = job(1);
    let (id, plan) = (job.task_id, job.plan_hash());
    let record = record(&job, 0, [0.0; 4]);
    let failure = Failure { scope: FailureScope::Job, reason: "none".to_owned() };
    let results = [
        store.load(id).await.map(drop),
        store.record(id, &plan, ChunkIndex(0), &record).await.map(drop),
        store.fail(id, &failure).await,
        // Neither has made a job.
        store.load(id).await.map(drop),
    ];
    for result in results {
        assert!(matches!(result, Err(Error::NotFound(unknown)) if unknown == id), "{result:?}");
    }
}

pub(crate) async fn a_job_is_created_once_and_reads_back(store: &dyn Store) {
    let job = created(store, 4).await;
    put(store, &job, 2, 1.0).await;
    // As a client does that had no reply.
    store.create(&job).await.unwrap();
    let other = Job { deadline: job.expires_at, ..job.clone() };
    let refused = store.create(&other).await;
    assert!(matches!(refused, Err(Error::AlreadyExists(id)) if id == job.task_id), "{refused:?}");
    let progress = store.load(job.task_id).await.unwrap();
    assert_eq!(progress.job, job);
    assert_eq!(progress.records.keys().collect::<Vec<_>>(), [&ChunkIndex(2)]);
    assert!(progress.failures.is_empty());
}

pub(crate) async fn the_first_record_of_a_chunk_stays(store: &dyn Store) {
    let job = created(store, 4).await;
    put(store, &job, 1, 5.0).await;
    put(store, &job, 1, 3.0).await;
    let progress = store.load(job.task_id).await.unwrap();
    assert_eq!(progress.records[&ChunkIndex(1)], record(&job, 1, [0.0, 0.0, 5.0, 0.0]));
}

pub(crate) async fn a_duplicate_does_not_count(store: &dyn Store) {
    let job = created(store, 2).await;
    assert_eq!(put(store, &job, 1, 1.0).await, Recorded { first: true, missing: 1 });
    assert_eq!(put(store, &job, 1, 1.0).await, Recorded { first: false, missing: 1 });
    assert_eq!(put(store, &job, 0, 1.0).await, Recorded { first: true, missing: 0 });
    assert_eq!(put(store, &job, 0, 1.0).await, Recorded { first: false, missing: 0 });
    assert_eq!(put(store, &job, 1, 1.0).await, Recorded { first: false, missing: 0 });
}

pub(crate) async fn of_many_records_at_once_one_counts(store: &dyn Store) {
    let job = created(store, 2).await;
    let puts = (0..16).map(|attempt| put(store, &job, 0, f64::from(attempt)));
    let recorded = join_all(puts).await;
    let firsts = recorded.iter().filter(|one| matches!(one, Recorded { first: true, missing: 1 }));
    assert_eq!(firsts.count(), 1, "{recorded:?}");
    let others = recorded.iter().filter(|one| matches!(one, Recorded { first: false, missing: 1 }));
    assert_eq!(others.count(), 15, "{recorded:?}");
}

pub(crate) async fn chunks_at_once_all_count(store: &dyn Store) {
    let job = created(store, 24).await;
    // Each chunk twice, as from a queue that redelivers.
    let puts = (0..48).map(|delivery| put(store, &job, delivery % 24, 1.0));
    let recorded = join_all(puts).await;
    let firsts = recorded.iter().filter(|one| one.first);
    let mut missing: Vec<u16> = firsts.map(|one| one.missing).collect();
    missing.sort_unstable();
    // Every count was seen once, so exactly one mapper saw the job complete.
    assert_eq!(missing, (0..24).collect::<Vec<_>>());
    assert_eq!(store.load(job.task_id).await.unwrap().records.len(), 24);
}

pub(crate) async fn a_record_for_another_plan_is_refused(store: &dyn Store) {
    let job = created(store, 2).await;
    let other = PlanHash::new(&min_distance(Metric::Haversine), &job.plan);
    let record = record(&job, 0, [0.0; 4]);
    let refused = store.record(job.task_id, &other, ChunkIndex(0), &record).await;
    assert!(matches!(refused, Err(Error::OtherPlan(id)) if id == job.task_id), "{refused:?}");
    assert!(store.load(job.task_id).await.unwrap().records.is_empty());
    assert_eq!(put(store, &job, 0, 1.0).await, Recorded { first: true, missing: 1 });
}

pub(crate) async fn the_first_failure_of_a_scope_stays(store: &dyn Store) {
    let job = created(store, 2).await;
    let failure = |scope, reason: &str| Failure { scope, reason: reason.to_owned() };
    let chunk = FailureScope::Chunk(ChunkIndex(1));
    store.fail(job.task_id, &failure(chunk, "first \"reason\" é")).await.unwrap();
    store.fail(job.task_id, &failure(chunk, "second reason")).await.unwrap();
    store.fail(job.task_id, &failure(FailureScope::Job, "the whole")).await.unwrap();
    let failures = store.load(job.task_id).await.unwrap().failures;
    assert_eq!(failures.len(), 2);
    assert_eq!(failures[&chunk], "first \"reason\" é");
    assert_eq!(failures[&FailureScope::Job], "the whole");
}

pub(crate) async fn a_record_after_a_failure_counts(store: &dyn Store) {
    let job = created(store, 2).await;
    let scope = FailureScope::Chunk(ChunkIndex(0));
    let failure = Failure { scope, reason: "lost".to_owned() };
    store.fail(job.task_id, &failure).await.unwrap();
    assert_eq!(put(store, &job, 0, 1.0).await, Recorded { first: true, missing: 1 });
    store.fail(job.task_id, &failure).await.unwrap();
    assert_eq!(store.load(job.task_id).await.unwrap().records.len(), 1);
}

pub(crate) async fn every_float_reads_back_bit_for_bit(store: &dyn Store) {
    // Distances as the demo has them, of which a careless JSON parser loses one in seven, and
    // the ends of the range.
    let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
    let mut distance = || {
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (bits >> 11) as f64 / (1_u64 << 53) as f64 * 141.0
    };
    let mut distances: Vec<f64> = (0..56).map(|_| distance()).collect();
    distances.extend([0.0, -0.0, 5e-324, f64::MIN_POSITIVE, 1e300, f64::MAX, f64::INFINITY, 0.1]);
    let job = created(store, 64).await;
    for (chunk, &x2) in (0..).zip(&distances) {
        put(store, &job, chunk, x2).await;
    }
    let progress = store.load(job.task_id).await.unwrap();
    for (chunk, &x2) in (0..).zip(&distances) {
        let expected = record(&job, chunk, [0.0, 0.0, x2, 0.0]);
        assert_eq!(progress.records[&ChunkIndex(chunk)], expected, "{x2:e}");
    }
}

pub(crate) async fn the_largest_job_fits(store: &dyn Store) {
    let job = created(store, ChunkCount::MAX.into()).await;
    let longest = -1.234_567_890_123_456_7e-300;
    for chunk in 0..ChunkCount::MAX {
        let record = record(&job, chunk, [longest, longest, longest, longest]);
        let recorded =
            store.record(job.task_id, &job.plan_hash(), ChunkIndex(chunk), &record).await.unwrap();
        assert_eq!(recorded, Recorded { first: true, missing: ChunkCount::MAX - 1 - chunk });
    }
    assert_eq!(store.load(job.task_id).await.unwrap().records.len(), job.plan.len());
}
