//! The list of jobs. Backends list the jobs of other tests too, and may be a moment behind.

use std::time::{Duration, Instant};

use pgfold_core::{ChunkIndex, JobId, Progress, Reason, Store, Timestamp};
use pgfold_tests::PlannedJob;

use super::{SIZES, attempts::failed_attempt, created, progress, put};

/// What the list says of a job once `is_so`.
async fn listed_once(
    store: &dyn Store,
    sample: &PlannedJob,
    is_so: impl Fn(&Progress) -> bool,
) -> Progress {
    let job_id = sample.job.job_id;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let listed = all(store).await.into_iter().find(|listed| listed.job.job_id == job_id);
        match listed {
            Some(listed) if is_so(&listed) => return listed,
            listed => assert!(Instant::now() < deadline, "{job_id} is listed as {listed:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The list, in pages of seven; of other tests there may be more.
async fn all(store: &dyn Store) -> Vec<Progress> {
    let mut all: Vec<Progress> = Vec::new();
    loop {
        let before: Option<JobId> = all.last().map(|progress| progress.job.job_id);
        let page = store.list(before, 7).await.unwrap();
        assert!(page.len() <= 7);
        let is_last = page.len() < 7;
        all.extend(page);
        if is_last {
            return all;
        }
    }
}

/// What one read tells of a job, as the list has it.
async fn without_chunks(store: &dyn Store, sample: &PlannedJob) -> Progress {
    Progress { queued: false, ..progress(store, sample).await }
}

pub(crate) async fn jobs_are_listed_the_newest_first(store: &dyn Store) {
    let mut samples = Vec::new();
    for size in SIZES {
        samples.push(created(store, size).await);
    }
    listed_once(store, &samples[3], |_| true).await;
    let listed: Vec<JobId> = all(store).await.iter().map(|job| job.job.job_id).collect();
    assert!(listed.is_sorted_by(|newer, older| newer > older), "{listed:?}");
    for PlannedJob { job, .. } in &samples {
        assert!(listed.contains(&job.job_id), "{}", job.job_id);
        let before = store.list(Some(job.job_id), 100).await.unwrap();
        assert!(before.iter().all(|older| older.job.job_id < job.job_id));
    }
}

pub(crate) async fn a_job_is_listed_with_where_it_stands(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        let new = listed_once(store, &sample, |_| true).await;
        assert_eq!(new, Progress::new(sample.job.clone()));
        for chunk in 0..size as u16 {
            put(store, &sample, chunk, f64::from(chunk)).await;
            put(store, &sample, chunk, 7.0).await;
        }
        let complete = listed_once(store, &sample, |listed| u64::from(listed.done) == size).await;
        assert_eq!(complete.tally.chunks, size);
        assert_eq!(complete, without_chunks(store, &sample).await);
        let chunks = store.chunks(&sample.job).await.unwrap();
        assert_eq!(complete.tally, chunks.tally().unwrap());
    }
}

pub(crate) async fn what_is_counted_is_tallied(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        for chunk in (0..size as u16).step_by(2) {
            put(store, &sample, chunk, 1.0).await;
        }
        let Progress { done, tally, .. } = progress(store, &sample).await;
        assert_eq!(tally.chunks, u64::from(done));
        let listed = listed_once(store, &sample, |listed| listed.done == done).await;
        assert_eq!(listed.tally, tally);
    }
}

pub(crate) async fn an_attempt_that_failed_is_listed(store: &dyn Store) {
    for size in SIZES {
        let sample = created(store, size).await;
        store.note_failure(&sample.job, &failed_attempt(&sample, 1, 3)).await.unwrap();
        let listed = listed_once(store, &sample, |listed| listed.last_error.is_some()).await;
        assert_eq!(listed, without_chunks(store, &sample).await);
        assert_eq!(listed.failed.attempts, 1);
    }
}

pub(crate) async fn failing_and_cancelling_are_listed(store: &dyn Store) {
    for size in SIZES {
        let [failed, chunk_failed, cancelled] =
            [created(store, size).await, created(store, size).await, created(store, size).await];
        store.fail_job(failed.job.job_id, &Reason::new("no such column")).await.unwrap();
        store
            .fail_chunk(&chunk_failed.job, ChunkIndex(1), &Reason::new("no such row"))
            .await
            .unwrap();
        store.cancel(cancelled.job.job_id, Timestamp::from_millis(7)).await.unwrap();
        let listed = listed_once(store, &failed, |listed| listed.failure.is_some()).await;
        assert_eq!(listed, without_chunks(store, &failed).await);
        let listed = listed_once(store, &chunk_failed, |listed| listed.chunk_failed).await;
        assert_eq!(listed, without_chunks(store, &chunk_failed).await);
        let listed = listed_once(store, &cancelled, |listed| listed.cancelled_at.is_some()).await;
        assert_eq!(listed, without_chunks(store, &cancelled).await);
        let deadline = Timestamp::from_millis(8);
        store.reopen(&failed.job, deadline).await.unwrap();
        let listed = listed_once(store, &failed, |listed| listed.failure.is_none()).await;
        assert_eq!(listed.deadline, deadline);
    }
}
