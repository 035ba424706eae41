//! How the jobs of a schedule have ended.

use pgfold_core::{Timestamp, job_state};
use pgfold_tests::doubles::FixedClock;

use crate::{files, schedule::Target, world::World};

/// Checks how each job ended: completed if nothing kept it from that, and never pending.
pub(crate) async fn check_ends(world: &World, target: Target<'_>) -> Result<(), String> {
    let jobs = world.lock().ledger.jobs.len();
    for number in 0..jobs {
        let job = world.lock().ledger.jobs[number].job.clone();
        let last = Timestamp::from_millis(job.expires_at.as_millis() - 1);
        for now in [last, job.expires_at] {
            let answer =
                job_state(target.store, target.objects, &FixedClock(now), job.job_id).await;
            if let Ok(state) = &answer
                && let Some(lines) = files::lines(target, state).await
            {
                world.lock().ledger.jobs[number].files.get_or_insert(lines);
            }
            world.lock().saw_end(number, &answer, now);
            if let (Ok(end), true) = (&answer, now == last) {
                world.lock().ended(number, end);
            }
            if now == last {
                world.lock().ledger.is_announced(number, &answer);
            }
        }
    }
    world.lock().ledger.broken().map_or(Ok(()), Err)
}
