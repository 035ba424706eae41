//! Failures and cancelling.

use std::time::Duration;

use pgfold_core::{Announcement, ChunkIndex, Ending, Error, Job, Reason, Stage, Store};

use super::{SIZES, at_once, chunks, created, progress, put};

pub(crate) async fn the_first_failure_stays(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let (job, id) = (&sample.job, sample.job.job_id);
        store.fail_chunk(job, ChunkIndex(1), &Reason::new("first \"reason\" é")).await.unwrap();
        store.fail_chunk(job, ChunkIndex(1), &Reason::new("second reason")).await.unwrap();
        let before = progress(store, &sample).await;
        assert_eq!((before.chunk_failed, before.failure), (true, None));
        store.fail_job(id, &Reason::new("the whole")).await.unwrap();
        store.fail_job(id, &Reason::new("another whole")).await.unwrap();
        assert_eq!(progress(store, &sample).await.failure.as_deref(), Some("the whole"));
        let failures = chunks(store, &sample).await.failures;
        let expected = (ChunkIndex(1), "first \"reason\" é".to_owned());
        assert_eq!(failures.into_iter().collect::<Vec<_>>(), [expected]);
    }
}

pub(crate) async fn every_chunk_may_fail(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let reason = Reason::new("r".repeat(500));
        let failing = (0..sample.job.chunks).map(ChunkIndex);
        let failed = failing.map(|chunk| store.fail_chunk(&sample.job, chunk, &reason));
        for failed in at_once(failed).await {
            failed.unwrap();
        }
        assert_eq!(chunks(store, &sample).await.failures.len() as u64, size);
    }
}

pub(crate) async fn a_record_after_a_failure_counts(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        store.fail_chunk(&sample.job, ChunkIndex(0), &Reason::new("lost")).await.unwrap();
        for chunk in 0..sample.job.chunks {
            assert!(put(store, &sample, chunk, 1.0).await.first);
        }
        assert_eq!(progress(store, &sample).await.done, sample.job.chunks);
    }
}

pub(crate) async fn a_chunk_with_its_record_does_not_fail(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        put(store, &sample, 0, 1.0).await;
        store.fail_chunk(&sample.job, ChunkIndex(0), &Reason::new("late")).await.unwrap();
        assert!(chunks(store, &sample).await.failures.is_empty());
        assert!(!progress(store, &sample).await.chunk_failed);
    }
}

pub(crate) async fn a_job_that_is_taken_up_again_forgets_its_failures(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        put(store, &sample, 0, 1.0).await;
        store.fail_chunk(job, ChunkIndex(job.chunks - 1), &Reason::new("lost")).await.unwrap();
        store.fail_job(job.job_id, &Reason::new("the whole")).await.unwrap();
        let deadline = job.deadline + Duration::from_secs(30);
        store.reopen(job, deadline).await.unwrap();
        let after = progress(store, &sample).await;
        assert_eq!((after.chunk_failed, after.failure, after.deadline), (false, None, deadline));
        let after = chunks(store, &sample).await;
        assert_eq!((after.records.len(), after.failures.len()), (1, 0));

        // They may fail again.
        store.fail_chunk(job, ChunkIndex(1), &Reason::new("lost again")).await.unwrap();
        assert!(progress(store, &sample).await.chunk_failed);
        assert_eq!(chunks(store, &sample).await.failures[&ChunkIndex(1)], "lost again");
    }
}

pub(crate) async fn a_job_is_cancelled_once_and_for_all(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let (id, first) = (sample.job.job_id, sample.job.created_at + Duration::from_millis(5));
        store.cancel(id, first).await.unwrap();
        for chunk in 0..sample.job.chunks {
            put(store, &sample, chunk, 1.0).await;
        }
        store.cancel(id, first + Duration::from_secs(1)).await.unwrap();
        assert_eq!(progress(store, &sample).await.cancelled_at, Some(first));
    }
}

pub(crate) async fn a_completed_job_is_not_cancelled(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        for chunk in 0..sample.job.chunks {
            put(store, &sample, chunk, 1.0).await;
        }
        let refused = store.cancel(sample.job.job_id, sample.job.created_at).await;
        assert!(matches!(refused, Err(Error::AlreadyCompleted(_))), "{refused:?}");
        assert_eq!(progress(store, &sample).await.cancelled_at, None);
    }
}

pub(crate) async fn a_job_is_not_both_completed_and_cancelled(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        for chunk in 1..sample.job.chunks {
            put(store, &sample, chunk, 1.0).await;
        }
        let (recorded, cancelled) = futures_util::join!(
            put(store, &sample, 0, 1.0),
            store.cancel(sample.job.job_id, sample.job.created_at),
        );
        assert_eq!(recorded.stage, Stage::Done);
        match cancelled {
            Ok(()) => assert!(progress(store, &sample).await.cancelled_at.is_some()),
            Err(Error::AlreadyCompleted(_)) => {
                assert_eq!(progress(store, &sample).await.cancelled_at, None);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// That a job was completed, as it was announced so many milliseconds after its creation.
pub(crate) fn announcement(job: &Job, after: u64) -> Announcement {
    let ending = Ending::Completed;
    let event_id = ending.event_id(job, job.deadline);
    Announcement { event_id, ending, at: job.created_at + Duration::from_millis(after) }
}

pub(crate) async fn the_last_announcement_stays(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let job = &sample.job;
        assert_eq!(progress(store, &sample).await.announced, None);
        for after in [1, 2] {
            let announced = announcement(job, after);
            store.mark_announced(job.job_id, &announced).await.unwrap();
            assert_eq!(progress(store, &sample).await.announced, Some(announced));
        }
        // Beside everything else.
        put(store, &sample, 0, 1.0).await;
        assert_eq!(progress(store, &sample).await.announced, Some(announcement(job, 2)));
    }
}
