//! Who has attached to a job's snapshot, what was discarded, and plans of any kind.

use pgfold_core::{
    ChunkCount, ChunkIndex, Computation, Error, Execution, Job, KeyRef, Plan, SourceId, Store,
};
use pgfold_tests::PlannedJob;

use super::{SIZES, at_once, chunks, created, open, progress, put};

/// A text that many a format would not give back as it is.
const ODD: &str = "a \"b\"\\c,{d}:'e'\t\n\u{1} é \u{1F980} \u{202E}z";

async fn created_at_snapshot(store: &dyn Store, chunks: u64) -> PlannedJob {
    let sample = PlannedJob::new(chunks).at_snapshot();
    store.create(&sample.job, &sample.plan).await.unwrap();
    sample
}

pub(crate) async fn a_chunk_attaches_once_however_often(store: &dyn Store) {
    for size in SIZES {
        let sample = created_at_snapshot(store, size).await;
        let job = &sample.job;
        assert_eq!(progress(store, &sample).await.attached, 0);
        for (before, chunk) in (0..job.chunks).rev().enumerate() {
            for _ in 0..2 {
                store.attach(job, ChunkIndex(chunk)).await.unwrap();
                let after = progress(store, &sample).await;
                assert_eq!(usize::from(after.attached), before + 1, "chunk {chunk} of {size}");
                assert_eq!(after.done, 0);
            }
        }
        put(store, &sample, 0, 1.0).await;
        let opened = open(store, job, &job.plan, 0).await.unwrap();
        assert_eq!(opened.progress.attached, job.chunks);
    }
}

pub(crate) async fn chunks_that_attach_at_once_all_count(store: &dyn Store) {
    for size in SIZES {
        let sample = created_at_snapshot(store, size).await;
        let count = sample.job.chunks;
        let attach = |delivery| store.attach(&sample.job, ChunkIndex(delivery % count));
        for attached in at_once((0..3 * count).map(attach)).await {
            attached.unwrap();
        }
        assert_eq!(progress(store, &sample).await.attached, count);
    }
}

pub(crate) async fn what_is_of_another_plan_is_refused(store: &dyn Store) {
    for size in SIZES {
        let sample = created_at_snapshot(store, size).await;
        let other = Job { plan: PlannedJob::new(size).job.plan, ..sample.job.clone() };
        for refused in
            [store.attach(&other, ChunkIndex(0)).await, store.discard(&other, ChunkIndex(0)).await]
        {
            assert!(
                matches!(refused, Err(Error::OtherPlan(_) | Error::NotFound(_))),
                "{refused:?}"
            );
        }
        assert_eq!(progress(store, &sample).await.attached, 0);
        assert!(chunks(store, &sample).await.discarded.is_empty());
    }
}

pub(crate) async fn the_first_release_of_a_snapshot_stays(store: &dyn Store) {
    for size in SIZES {
        let sample = created_at_snapshot(store, size).await;
        let id = sample.job.job_id;
        assert_eq!(progress(store, &sample).await.held_ms, None);
        // None at all is a time, too.
        for held_ms in [0, 1234] {
            store.mark_released(id, held_ms).await.unwrap();
            assert_eq!(progress(store, &sample).await.held_ms, Some(0));
        }
        let another = created_at_snapshot(store, size).await;
        store.mark_released(another.job.job_id, 1234).await.unwrap();
        assert_eq!(progress(store, &another).await.held_ms, Some(1234));
    }
}

pub(crate) async fn what_is_discarded_is_counted(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let last = sample.job.chunks - 1;
        for chunk in [0, last] {
            put(store, &sample, chunk, 1.0).await;
        }
        let before = progress(store, &sample).await.done;
        assert!(chunks(store, &sample).await.discarded.is_empty());
        store.discard(&sample.job, ChunkIndex(0)).await.unwrap();
        let discards = (0..12).map(|_| store.discard(&sample.job, ChunkIndex(last)));
        for discarded in at_once(discards).await {
            discarded.unwrap();
        }
        let after = chunks(store, &sample).await;
        let counts: Vec<_> = after.discarded.into_iter().collect();
        assert_eq!(counts, [(ChunkIndex(0), 1), (ChunkIndex(last), 12)]);
        assert_eq!((after.records.len(), after.failures.len()), (2, 0));
        assert_eq!(progress(store, &sample).await.done, before);
    }
}

pub(crate) async fn a_job_reads_back_with_all_that_it_says(store: &dyn Store) {
    for size in SIZES {
        let mut sample = PlannedJob::new(size).at_snapshot();
        sample.job.computation.source =
            SourceId { name: ODD.to_owned(), definition: "d".repeat(64) };
        sample.job.estimated_rows = u64::MAX;
        let job = &sample.job;
        store.create(job, &sample.plan).await.unwrap();
        assert_eq!(progress(store, &sample).await.job, *job);
        assert_eq!(open(store, job, &job.plan, 1).await.unwrap().progress.job, *job);
        // Of this very id, over another source or at another instant, it is another job.
        let source = SourceId { name: "points".to_owned(), ..job.computation.source.clone() };
        let others = [
            Computation { source, ..job.computation.clone() },
            Computation {
                execution: Execution::Streaming,
                snapshot: None,
                ..job.computation.clone()
            },
        ];
        for other in others.map(|computation| Job { computation, ..job.clone() }) {
            let refused = store.create(&other, &sample.plan).await;
            assert!(matches!(refused, Err(Error::AlreadyExists(id)) if id == job.job_id));
        }
        assert_eq!(progress(store, &sample).await.job, *job);
    }
}

/// Plans of as many chunks as each size says, of every kind.
fn plans() -> impl Iterator<Item = Plan> {
    SIZES.into_iter().flat_map(|size| {
        let chunks = ChunkCount::new(size).unwrap();
        let texts: Vec<String> = (0..=size).map(|key| format!("{ODD}{key:03}")).collect();
        let integers = PlannedJob::new(size).plan.with_open_ends();
        // A thousand partitions, some without a block.
        let partitions: Vec<(u32, u32)> = (0..1000).map(|n| (u32::MAX - n, n % 4)).collect();
        [
            integers,
            Plan::of_texts(&texts, chunks),
            Plan::of_blocks(&[(16_384, u32::MAX)], chunks),
            Plan::of_blocks(&partitions, chunks),
        ]
        .map(|plan| {
            assert_eq!(plan.len() as u64, size);
            plan
        })
    })
}

pub(crate) async fn plans_of_every_kind_read_back(store: &dyn Store) {
    for plan in plans() {
        let sample = PlannedJob::with_plan(plan);
        let job = &sample.job;
        store.create(job, &sample.plan).await.unwrap();
        assert_eq!(chunks(store, &sample).await.plan, sample.plan);
        let last = job.chunks - 1;
        for chunk in [0, last / 2, last] {
            let opened = open(store, job, &job.plan, chunk).await.unwrap();
            assert_eq!(Some(opened.range), sample.plan.range(ChunkIndex(chunk)));
            put(store, &sample, chunk, 1.0).await;
        }
        let after = chunks(store, &sample).await;
        assert_eq!(after.plan, sample.plan);
        for (chunk, record) in after.records {
            assert_eq!(Some(record.receipt.range), sample.plan.range(chunk));
        }
    }
}

pub(crate) async fn a_record_of_a_text_key_reads_back(store: &dyn Store) {
    let longest = "\u{1F980}".repeat(pgfold_core::Key::LONGEST / 4);
    for size in SIZES {
        let texts: Vec<String> = (0..=size).map(|key| format!("{ODD}{key:03}")).collect();
        let sample = PlannedJob::with_plan(Plan::of_texts(&texts, ChunkCount::new(size).unwrap()));
        let job = &sample.job;
        store.create(job, &sample.plan).await.unwrap();
        // One that looks like a number is a text all the same.
        let keys = [ODD, "", "42", &longest];
        let record = |chunk: u16| {
            let key = keys[usize::from(chunk) % keys.len()];
            sample.record_of(chunk, KeyRef::Text(key), [0.1 + 0.2, 0.0, 5e-324, 1e300])
        };
        for chunk in 0..job.chunks {
            let recorded = store.record(job, ChunkIndex(chunk), &record(chunk)).await.unwrap();
            assert!(recorded.first);
        }
        let records = chunks(store, &sample).await.records;
        assert_eq!(records.len() as u64, size);
        for (chunk, kept) in records {
            assert_eq!(kept, record(chunk.0), "chunk {chunk}");
        }
    }
}
