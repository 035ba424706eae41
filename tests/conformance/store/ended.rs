//! Jobs that ended without an answer: the list says the same of them as they say by themselves.

use std::time::{Duration, Instant};

use pgfold_adapters::memory::MemoryObjects;
use pgfold_core::{
    ChunkIndex, JobId, JobQuery, JobState, ListedJob, Reason, Status, Store, job_detail, list_jobs,
};
use pgfold_tests::{PlannedJob, doubles::FixedClock};

use super::{attempts::failed_attempt, created, put};

/// The id that follows a job's, so that a page of one before it has that job.
fn after(job_id: JobId) -> JobId {
    let digits = job_id.to_string().trim_start_matches("agg_").replace('-', "");
    let next = format!("{:032x}", u128::from_str_radix(&digits, 16).unwrap() + 1);
    let parts = [&next[..8], &next[8..12], &next[12..16], &next[16..20], &next[20..]];
    format!("agg_{}", parts.join("-")).parse().unwrap()
}

/// A job of 100 chunks. Every third has its record, no piece has all of them, and two attempts
/// failed: the last at a chunk without a record.
async fn a_third_done(store: &dyn Store) -> PlannedJob {
    let sample = created(store, 100).await;
    for chunk in (0..100).step_by(3) {
        put(store, &sample, chunk, 1.0).await;
    }
    // One piece of it is complete, which a root counts.
    for chunk in 16..32 {
        put(store, &sample, chunk, 1.0).await;
    }
    for attempt in 1..=2 {
        store.note_failure(&sample.job, &failed_attempt(&sample, 1, attempt)).await.unwrap();
    }
    sample
}

/// Waits until the list says of a job what the job says of itself.
async fn is_listed_like_its_detail(
    store: &dyn Store,
    sample: &PlannedJob,
    clock: &FixedClock,
) -> ListedJob {
    let job_id = sample.job.job_id;
    let detail = job_detail(store, &MemoryObjects::default(), clock, job_id).await.unwrap();
    let (status, progress) = (detail.state.status(), &detail.progress);
    let query = JobQuery { status: None, before: Some(after(job_id)), limit: 1 };
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut jobs =
            list_jobs(store, &MemoryObjects::default(), clock, query).await.unwrap().jobs;
        let listed = jobs.pop().filter(|listed| listed.progress.job.job_id == job_id);
        if let Some(listed) = listed
            && listed.status == status
            && (listed.progress.done, listed.progress.tally, listed.progress.failed)
                == (progress.done, progress.tally, progress.failed)
            && listed.progress.last_error == progress.last_error
        {
            return listed;
        }
        assert!(Instant::now() < deadline, "{job_id} is listed otherwise than {detail:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) async fn a_job_that_ended_is_listed_like_its_detail(store: &dyn Store) {
    let reason = Reason::new("no such table");
    for end in ["cancelled", "a chunk failed", "failed", "late", "expired"] {
        let sample = a_third_done(store).await;
        let job = &sample.job;
        let mut clock = FixedClock(job.created_at);
        match end {
            "cancelled" => store.cancel(job.job_id, clock.0).await.unwrap(),
            "a chunk failed" => {
                store.fail_chunk(job, ChunkIndex(4), &reason).await.unwrap();
            }
            "failed" => store.fail_job(job.job_id, &reason).await.unwrap(),
            "late" => clock = FixedClock(job.deadline),
            _ => clock = FixedClock(job.expires_at),
        }
        // What was under way when it was cancelled counts no more, and is there.
        put(store, &sample, 1, 1.0).await;
        let listed = is_listed_like_its_detail(store, &sample, &clock).await;
        let done = 34 + 11 + 1;
        match end {
            // The root may say less of one whose chunks may be forgotten, but not nothing.
            "expired" => assert!((16..=done).contains(&listed.progress.done), "{listed:?}"),
            _ => assert_eq!(listed.progress.done, done, "{end}"),
        }
        assert_eq!(listed.progress.tally.rows, u64::from(listed.progress.done), "{end}");
        assert_eq!(listed.progress.failed.attempts, 2);
        let status = match end {
            "cancelled" => Status::Cancelled,
            "expired" => Status::Expired,
            _ => Status::Failed,
        };
        assert_eq!((listed.status, listed.progress.last_error), (status, None), "{end}");
    }
}

pub(crate) async fn the_last_error_is_of_a_chunk_that_is_not_done(store: &dyn Store) {
    let sample = a_third_done(store).await;
    let clock = FixedClock(sample.job.created_at);
    let detail = async || {
        job_detail(store, &MemoryObjects::default(), &clock, sample.job.job_id).await.unwrap()
    };
    let pending = detail().await;
    assert!(matches!(pending.state, JobState::Pending { .. }), "{:?}", pending.state);
    let last = failed_attempt(&sample, 1, 2).last_error();
    assert_eq!(pending.progress.last_error, Some(last.clone()));
    store.fail_chunk(&sample.job, ChunkIndex(1), &Reason::new("given up")).await.unwrap();
    assert_eq!(detail().await.progress.last_error, Some(last));
    put(store, &sample, 1, 1.0).await;
    assert_eq!(detail().await.progress.last_error, None);
}
