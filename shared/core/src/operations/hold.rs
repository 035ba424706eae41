use std::time::Duration;

use crate::{
    error::{Error, Result},
    job::{Job, Reason, Timestamp},
    ports::{Clock, HeldSnapshot, Store},
};

/// How long a snapshot is held for mappers to attach to it, from the planning on. Whoever waits
/// for the job to be submitted is told before the API gives up, after 30 seconds.
pub(crate) const ATTACH_TIME: Duration = Duration::from_secs(20);

/// How long the database holds a snapshot whose holder is no more.
pub(crate) const HOLD_LIMIT: Duration = Duration::from_secs(25);

/// How soon the store is asked for the first time who is attached; each time after twice as late,
/// up to the latest.
const SOONEST: Duration = Duration::from_millis(10);
const LATEST: Duration = Duration::from_millis(80);

/// Holds the snapshot of a job until every chunk is attached to it, or the job has ended; then
/// lets go of it. Gives for how many milliseconds it was held, which it has been `since`.
///
/// # Errors
/// [`Error::TimedOut`] if chunks are not attached in time; then the job has failed.
pub(crate) async fn hold_until_attached(
    store: &dyn Store,
    clock: &dyn Clock,
    job: &Job,
    snapshot: Box<dyn HeldSnapshot>,
    since: Timestamp,
) -> Result<u64> {
    let attached = all_attached(store, clock, job, since).await;
    if let Err(error) = &attached {
        // Before it is let go of, so that no mapper finds it gone in a job that has not failed.
        // If this fails too, a chunk that finds it gone ends the job, or the deadline does.
        let _ = store.fail_job(job.job_id, &Reason::new(error)).await;
    }
    // If that fails the connection is lost, and with it the snapshot.
    let _ = snapshot.release().await;
    let held_ms = clock.now().millis_since(since);
    // A number that is missing in the result is no reason to fail.
    let _ = store.mark_released(job.job_id, held_ms).await;
    attached.map(|()| held_ms)
}

/// Comes back when every chunk is attached, or the job has ended.
async fn all_attached(
    store: &dyn Store,
    clock: &dyn Clock,
    job: &Job,
    since: Timestamp,
) -> Result<()> {
    let mut attached = 0;
    let mut pause = SOONEST;
    loop {
        // A store that does not answer may the next time.
        if let Ok(progress) = store.progress(job.job_id).await {
            attached = progress.attached;
            let ended = progress.chunk_failed || progress.ended(clock.now()).is_some();
            if attached >= job.chunks || ended {
                return Ok(());
            }
        }
        if clock.now().millis_since(since) >= ATTACH_TIME.as_millis() as u64 {
            let chunks = job.chunks;
            return Err(Error::TimedOut {
                what: format!("attaching to the job's snapshot ({attached} of {chunks} chunks)"),
                limit: ATTACH_TIME,
            });
        }
        clock.sleep(pause).await;
        pause = (pause * 2).min(LATEST);
    }
}
