use std::time::Duration;

use crate::{
    error::{Error, Result},
    job::{Job, Reason, Timestamp},
    operations::control::fail_job,
    ports::{Clock, HeldSnapshot, Reminders, Store},
};

/// The time that mappers have to attach to a snapshot, from the start of planning. The caller that
/// submits the job then gets an answer before the API times out, after 30 seconds.
pub(crate) const ATTACH_TIME: Duration = Duration::from_secs(20);

/// How long the database holds a snapshot whose holder has died.
pub(crate) const HOLD_LIMIT: Duration = Duration::from_secs(25);

/// The first and the longest pause between two queries for the attached chunks. Each pause is
/// twice as long as the one before.
const SOONEST: Duration = Duration::from_millis(10);
const LATEST: Duration = Duration::from_millis(80);

/// Holds the snapshot of a job until every chunk is attached to it or the job has ended, then
/// releases it. Returns how many milliseconds the snapshot was held, from `since` on.
///
/// # Errors
/// [`Error::TimedOut`] if a chunk is not attached in time; the job has then failed.
pub(crate) async fn hold_until_attached(
    store: &dyn Store,
    reminders: &dyn Reminders,
    clock: &dyn Clock,
    job: &Job,
    snapshot: Box<dyn HeldSnapshot>,
    since: Timestamp,
) -> Result<u64> {
    let attached = all_attached(store, clock, job, since).await;
    if let Err(error) = &attached {
        // The job must fail before the release. Otherwise a mapper could find the snapshot gone in
        // a job that has not failed. If this fails too, such a chunk or the deadline fails the job.
        let _ = fail_job(store, reminders, job, &Reason::new(error)).await;
    }
    // A release fails only if the connection is lost, which also ends the snapshot.
    let _ = snapshot.release().await;
    let held_ms = clock.now().millis_since(since);
    // The time is not worth failing the job for.
    let _ = store.mark_released(job.job_id, held_ms).await;
    attached.map(|()| held_ms)
}

/// Returns when every chunk is attached, or the job has ended.
async fn all_attached(
    store: &dyn Store,
    clock: &dyn Clock,
    job: &Job,
    since: Timestamp,
) -> Result<()> {
    let mut attached = 0;
    let mut pause = SOONEST;
    loop {
        // An error of the store is ignored because the next query may succeed.
        if let Ok(progress) = store.progress(job.job_id).await {
            attached = progress.attached;
            let ended = progress.chunk_failed || progress.ended(clock.now()).is_some();
            if attached >= job.source_chunks() || ended {
                return Ok(());
            }
        }
        if clock.now().millis_since(since) >= ATTACH_TIME.as_millis() as u64 {
            let chunks = job.source_chunks();
            return Err(Error::TimedOut {
                what: format!("attaching to the job's snapshot ({attached} of {chunks} chunks)"),
                limit: ATTACH_TIME,
            });
        }
        clock.sleep(pause).await;
        pause = (pause * 2).min(LATEST);
    }
}
