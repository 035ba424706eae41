//! Attempts that failed, and reasons however long.

use std::time::Duration;

use pgfold_core::{
    ChunkIndex, Error, FailedAttempt, FailedAttempts, Job, LONGEST_SENTENCE, Reason, Store,
};
use pgfold_tests::PlannedJob;

use super::{SIZES, at_once, chunks, created, open, progress, put};

/// An attempt at a chunk of `sample` that took 250 ms of 1,769 MB.
pub(super) fn failed_attempt(sample: &PlannedJob, chunk: u16, attempt: u32) -> FailedAttempt {
    FailedAttempt {
        chunk: ChunkIndex(chunk),
        attempt,
        at: sample.job.created_at + Duration::from_millis(attempt.into()),
        error: Reason::new(format_args!("\"reason\" {attempt} of chunk {chunk} é")),
        map_ms: 250,
        memory_mb: 1769,
    }
}

fn sums(attempts: u64) -> FailedAttempts {
    FailedAttempts { attempts, map_ms: 250 * attempts, megabyte_ms: 250 * 1769 * attempts }
}

pub(crate) async fn an_attempt_that_failed_is_kept_beside_the_records(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        let new = progress(store, &sample).await;
        assert_eq!((new.failed, new.last_error), (FailedAttempts::default(), None));
        put(store, &sample, 0, 1.0).await;
        let before = progress(store, &sample).await;
        let attempts = [(job.chunks - 1, 1), (0, 1), (job.chunks - 1, 2)];
        for (noted, (chunk, attempt)) in (1..).zip(attempts) {
            let failed = failed_attempt(&sample, chunk, attempt);
            store.note_failure(job, &failed).await.unwrap();
            let after = progress(store, &sample).await;
            assert_eq!(
                (after.failed, &after.last_error),
                (sums(noted), &Some(failed.last_error()))
            );
            assert_eq!((after.done, after.tally), (before.done, before.tally));
            assert_eq!((after.chunk_failed, after.failure), (false, None));
        }
        let opened = open(store, job, &job.plan, 1).await.unwrap().progress;
        assert_eq!((opened.failed, opened.done), (sums(3), before.done));
        let kept = chunks(store, &sample).await;
        assert_eq!((kept.records.len(), kept.failures.len()), (1, 0));
    }
}

pub(crate) async fn attempts_that_fail_at_once_all_count(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let count = sample.job.chunks;
        let attempts: Vec<FailedAttempt> =
            (0..40).map(|one| failed_attempt(&sample, one % count, 1)).collect();
        for noted in at_once(attempts.iter().map(|one| store.note_failure(&sample.job, one))).await
        {
            noted.unwrap();
        }
        let after = progress(store, &sample).await;
        assert_eq!(after.failed, sums(40));
        let last = after.last_error.unwrap();
        assert!(attempts.iter().any(|attempt| attempt.last_error() == last), "{last:?}");
    }
}

pub(crate) async fn a_job_that_is_taken_up_again_forgets_its_last_error_and_no_sum(
    store: &dyn Store,
) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        store.note_failure(job, &failed_attempt(&sample, 1, 1)).await.unwrap();
        store.reopen(job, job.deadline).await.unwrap();
        let after = progress(store, &sample).await;
        assert_eq!((after.failed, after.last_error), (sums(1), None));
        let again = failed_attempt(&sample, 1, 1);
        store.note_failure(job, &again).await.unwrap();
        let after = progress(store, &sample).await;
        assert_eq!((after.failed, after.last_error), (sums(2), Some(again.last_error())));
    }
}

pub(crate) async fn an_attempt_of_another_plan_is_refused(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let other = Job { plan: PlannedJob::new(size).job.plan, ..sample.job.clone() };
        let refused = store.note_failure(&other, &failed_attempt(&sample, 0, 1)).await;
        assert!(matches!(refused, Err(Error::OtherPlan(_))), "{refused:?}");
        let after = progress(store, &sample).await;
        assert_eq!((after.failed, after.last_error), (FailedAttempts::default(), None));
    }
}

pub(crate) async fn a_reason_of_any_length_is_kept_as_far_as_it_fits(store: &dyn Store) {
    let reason = Reason::new("é".repeat(250_000));
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        for chunk in 0..job.chunks {
            let failed =
                FailedAttempt { error: reason.clone(), ..failed_attempt(&sample, chunk, 1) };
            store.note_failure(job, &failed).await.unwrap();
            store.fail_chunk(job, ChunkIndex(chunk), &reason).await.unwrap();
        }
        store.fail_job(job.job_id, &reason).await.unwrap();
        let after = progress(store, &sample).await;
        let kept = chunks(store, &sample).await.failures;
        assert_eq!(kept.len() as u64, size);
        let reasons = kept.into_values().chain([after.failure.unwrap()]);
        for kept in reasons.chain([after.last_error.unwrap().error]) {
            assert!(kept.len() <= LONGEST_SENTENCE, "{} bytes", kept.len());
            assert_eq!(kept, reason.as_str());
        }
        // There is room for every record all the same.
        for chunk in 0..job.chunks {
            assert!(put(store, &sample, chunk, 1.0).await.first);
        }
    }
}
