use std::time::Duration;

use crate::{
    ChunkRecord, Clock, Error, MapTask, OpenChunk, Receipt, Recorded, Result, Source, Store,
};

/// What the platform tells of a message's delivery to a mapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// How often the message was delivered, this time included.
    pub attempt: u32,
    /// How often it is delivered at most; then it becomes a dead letter.
    pub max_attempts: u32,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
}

impl Delivery {
    /// How long the message should stay away after `error`, if it is to come back.
    ///
    /// An error that may heal is given 2, 8, 32, 128 and so on seconds, up to 15 minutes, so
    /// that the usual 5 deliveries outlast a database that fails over. With any other the
    /// message is on its way to become a dead letter, and need not wait.
    pub fn backoff(self, error: &Error) -> Duration {
        if !error.may_heal() {
            return Duration::ZERO;
        }
        let doublings = 2 * self.attempt.saturating_sub(1).min(8);
        Duration::from_secs((2_u64 << doublings).min(15 * 60))
    }
}

/// What became of a message. In every case it is done with.
#[derive(Debug, Clone, PartialEq)]
pub enum Mapped {
    /// The chunk was folded and its record counts, or one before it does.
    Recorded(Recorded, Receipt),
    /// The chunk was left alone, for it cannot change the job any more.
    Skipped(&'static str),
    /// The chunk cannot be folded as things are; the job says so.
    Failed(String),
}

/// Folds chunks.
pub struct Mapper<'a> {
    /// The table.
    pub source: &'a dyn Source,
    /// Keeps the records.
    pub store: &'a dyn Store,
    /// Dates the records.
    pub clock: &'a dyn Clock,
}

impl Mapper<'_> {
    /// Folds the chunk of a message and keeps what it came to.
    ///
    /// # Errors
    /// Whenever the message should come back: [`Error::Unavailable`] for what may be over by
    /// then; and, so that it ends as a dead letter, anything else for a message that fits no
    /// job.
    pub async fn map(&self, task: &MapTask, delivery: Delivery) -> Result<Mapped> {
        let started_at = self.clock.now();
        let OpenChunk { progress, recorded, .. } = open(self.store, task).await?;
        if recorded {
            return Ok(Mapped::Skipped("the chunk has its record"));
        }
        if let Some(why) = progress.ended(started_at) {
            return Ok(Mapped::Skipped(why));
        }
        let job = progress.job;

        let kernel = task.kernel.open()?;
        let mut fold = kernel.fold();
        let snapshot = match self.source.read(task.range, kernel.columns(), &mut *fold).await {
            Ok(snapshot) => snapshot,
            Err(Error::Misconfigured(reason)) => {
                self.store.fail_chunk(&job, task.chunk, &reason).await?;
                return Ok(Mapped::Failed(reason));
            }
            Err(error) => return Err(error),
        };
        let folded = fold.finish()?;

        let recorded_at = self.clock.now();
        let receipt = Receipt {
            range: task.range,
            rows: folded.rows,
            skipped: folded.skipped,
            attempts: delivery.attempt,
            map_ms: recorded_at.millis_since(started_at),
            memory_mb: delivery.memory_mb,
            snapshot,
            recorded_at,
        };
        let record = ChunkRecord { partial: folded.partial, receipt };
        let recorded = self.store.record(&job, task.chunk, &record).await?;
        Ok(Mapped::Recorded(recorded, record.receipt))
    }

    /// Why the chunk of a message need not be folded to its end, if that is so by now.
    ///
    /// # Errors
    /// Those of [`Store::progress`].
    pub async fn interruption(&self, task: &MapTask) -> Result<Option<&'static str>> {
        Ok(self.store.progress(task.task_id).await?.ended(self.clock.now()))
    }

    /// After an error: has the job say why, if the message will not be delivered again.
    ///
    /// # Errors
    /// Those of [`give_up`]; then the dead letter has to tell the job.
    pub async fn give_up(&self, task: &MapTask, delivery: Delivery, why: &Error) -> Result<()> {
        let Delivery { attempt, max_attempts, .. } = delivery;
        if attempt < max_attempts || !concerns_chunk(why) {
            return Ok(());
        }
        give_up(self.store, task, &format!("given up after {attempt} attempts: {why}")).await
    }
}

/// Has a job say why a chunk of it will not come by itself. The chunk counts all the same if
/// somebody sends it again and it succeeds.
///
/// # Errors
/// Those of [`Store::open`], of which [`Error::NotFound`] and [`Error::OtherPlan`] mean that the
/// message fits no job, and of [`Store::fail_chunk`].
pub async fn give_up(store: &dyn Store, task: &MapTask, reason: &str) -> Result<()> {
    let OpenChunk { progress, recorded, .. } = open(store, task).await?;
    if recorded { Ok(()) } else { store.fail_chunk(&progress.job, task.chunk, reason).await }
}

/// Opens the chunk of a message that was made for it.
async fn open(store: &dyn Store, task: &MapTask) -> Result<OpenChunk> {
    let open = store.open(task.task_id, &task.plan, task.chunk).await?;
    let fits = task.range == open.range && task.kernel == open.progress.job.kernel;
    if fits { Ok(open) } else { Err(Error::OtherPlan(task.task_id)) }
}

/// Whether an error says something about the chunk, rather than about the message.
fn concerns_chunk(error: &Error) -> bool {
    error.may_heal() || matches!(error, Error::Misconfigured(_) | Error::Corrupt { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_away_for_longer_each_time_if_that_may_help() {
        let after = |attempt, error: &Error| {
            Delivery { attempt, max_attempts: 5, memory_mb: 1769 }.backoff(error).as_secs()
        };
        let away = Error::unavailable("postgres", "connection refused");
        let delays: Vec<u64> = (1..=8).map(|attempt| after(attempt, &away)).collect();
        assert_eq!(delays, [2, 8, 32, 128, 512, 900, 900, 900]);
        assert_eq!(after(1000, &away), 900);
        assert_eq!(after(1, &Error::Invalid("map task of version 2, not 1".to_owned())), 0);
    }
}
