use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use crate::{
    Catalogue, ChunkRecord, Clock, Computation, Error, Execution, Job, MapTask, OpenChunk,
    Projection, ReadTimes, Receipt, Recorded, Result, RowCount, Store, Timestamp,
    columns::projection,
    kernel::{AnyKernel, FoldedChunk},
};

/// A message's delivery to a mapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// How often the message was delivered, this time included.
    pub attempt: u32,
    /// How often it is delivered at most; then it becomes a dead letter.
    pub max_attempts: u32,
    /// Memory of the mapper in megabytes.
    pub memory_mb: u32,
    /// When the message was sent, if the queue says so.
    pub sent_at: Option<Timestamp>,
    /// When it was delivered for the first time, if the queue says so.
    pub first_received_at: Option<Timestamp>,
    /// How long a mapper lives that has received a message.
    pub lifetime: Duration,
}

impl Delivery {
    /// Whether a mapper that received the message before may still be at work on it.
    fn may_have_a_rival(&self, now: Timestamp) -> bool {
        let over = |received_at| received_at + self.lifetime <= now;
        self.attempt > 1 && !self.first_received_at.is_some_and(over)
    }
}

/// How long a message that could not be handled should stay away after its delivery for the
/// `attempt`th time: 2, 8, 32, 128 seconds and so on, up to 15 minutes, so that the usual 5
/// deliveries outlast a database that fails over, and a deployment.
pub fn backoff(attempt: u32) -> Duration {
    let doublings = 2 * attempt.saturating_sub(1).min(8);
    Duration::from_secs((2_u64 << doublings).min(15 * 60))
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

impl Mapped {
    /// Whether the delivery, or the record that was made of it, was discarded for the chunk has
    /// its record.
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Recorded(recorded, _) => !recorded.first,
            Self::Skipped(why) => *why == RECORDED,
            Self::Failed(_) => false,
        }
    }
}

/// Folds chunks.
pub struct Mapper<'a> {
    /// The tables.
    pub catalogue: &'a Catalogue<'a>,
    /// Keeps the records.
    pub store: &'a dyn Store,
    /// Dates the records.
    pub clock: &'a dyn Clock,
}

impl Mapper<'_> {
    /// Folds the chunk of a message and keeps what it came to. When `unwanted` gives a reason
    /// while the chunk is read, the reading is dropped and the chunk left alone.
    ///
    /// # Errors
    /// Whenever the message should come back: [`Error::Unavailable`] for what may be over by
    /// then; and, so that it ends as a dead letter, anything else for a message that fits no
    /// job.
    pub async fn map(
        &self,
        task: &MapTask,
        delivery: Delivery,
        unwanted: impl Future<Output = &'static str>,
    ) -> Result<Mapped> {
        let started_at = self.clock.now();
        let job = match open(self.store, task, started_at).await? {
            Opened::Wanted(job) => job,
            Opened::Recorded(job) => {
                self.discard(&job, task).await;
                return Ok(Mapped::Skipped(RECORDED));
            }
            Opened::Moot(why) => return Ok(Mapped::Skipped(why)),
        };

        let unknown = |error| Error::corrupt(format!("the kernel of task {}", task.task_id), error);
        let kernel = task.computation.kernel.open().map_err(unknown)?;
        let read = match unless(unwanted, self.read(task, &job, &*kernel)).await {
            Ok(read) => read,
            Err(why) => {
                if why == RECORDED {
                    self.discard(&job, task).await;
                }
                return Ok(Mapped::Skipped(why));
            }
        };
        let (folded, times, snapshot) = match read {
            Ok(read) => read,
            Err(error) if is_final(&error, delivery, started_at) => {
                let reason = error.to_string();
                self.store.fail_chunk(&job, task.chunk, &reason).await?;
                return Ok(Mapped::Failed(reason));
            }
            Err(error) => return Err(error),
        };

        let recorded_at = self.clock.now();
        let receipt = Receipt {
            range: task.range.clone(),
            rows: folded.rows,
            skipped: folded.skipped,
            attempts: delivery.attempt,
            queue_ms: delivery.sent_at.map_or(0, |sent_at| started_at.millis_since(sent_at)),
            map_ms: recorded_at.millis_since(started_at),
            read_ms: whole_millis(times.reading),
            fold_ms: whole_millis(times.folding),
            memory_mb: delivery.memory_mb,
            snapshot,
            recorded_at,
        };
        let record = ChunkRecord { partial: folded.partial, receipt };
        let recorded = self.store.record(&job, task.chunk, &record).await?;
        if !recorded.first {
            self.discard(&job, task).await;
        }
        Ok(Mapped::Recorded(recorded, record.receipt))
    }

    /// Reads and folds a chunk. Gives what that took, and the name of the instant it was read at.
    async fn read(
        &self,
        task: &MapTask,
        job: &Job,
        kernel: &dyn AnyKernel,
    ) -> Result<(FoldedChunk, ReadTimes, String)> {
        let Computation { source, relation, columns, snapshot, .. } = &task.computation;
        let source = self.catalogue.get(source)?;
        let projection = projection(kernel, Some(columns), source.columns())?;
        let projection = Projection { relation: relation.clone(), ..projection };
        let reading = source.begin(snapshot.as_ref()).await?;
        if snapshot.is_some() {
            self.store.attach(job, task.chunk).await?;
        }
        let snapshot = reading.snapshot().to_owned();
        let mut fold = kernel.fold();
        let (times, count) = match (task.computation.execution, kernel.measure()) {
            (Execution::Pushdown, Some(measure)) => {
                reading.narrow(&task.range, &projection, measure, &mut *fold).await?
            }
            _ => (reading.read(&task.range, &projection, &mut *fold).await?, None),
        };
        let mut folded = fold.finish()?;
        if let Some(RowCount { rows, skipped }) = count {
            (folded.rows, folded.skipped) = (rows, skipped);
        }
        Ok((folded, times, snapshot))
    }

    /// Counts a delivery that came to nothing. A count that is missing is no reason to fail.
    async fn discard(&self, job: &Job, task: &MapTask) {
        let _ = self.store.discard(job, task.chunk).await;
    }

    /// Why the chunk of a message is not wanted any more, if that is so by now.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn unwanted(&self, task: &MapTask) -> Result<Option<&'static str>> {
        match open(self.store, task, self.clock.now()).await {
            Ok(opened) => Ok(opened.wanted().err()),
            Err(Error::NotFound(_)) => Ok(Some("the job is not known any more")),
            Err(error) => Err(error),
        }
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
        let reason = format!("given up after {attempt} attempts: {why}");
        give_up(self.store, self.clock, task, &reason).await.map(drop)
    }
}

/// Has a job say why a chunk of it will not come by itself, unless it need not come any more;
/// then gives the reason for that. The chunk counts all the same if somebody sends it again and
/// it succeeds.
///
/// # Errors
/// Those of [`Store::open`], of which [`Error::NotFound`] and [`Error::OtherPlan`] mean that the
/// message fits no job, and of [`Store::fail_chunk`].
pub async fn give_up(
    store: &dyn Store,
    clock: &dyn Clock,
    task: &MapTask,
    reason: &str,
) -> Result<Option<&'static str>> {
    match open(store, task, clock.now()).await?.wanted() {
        Ok(job) => store.fail_chunk(&job, task.chunk, reason).await.map(|()| None),
        Err(why) => Ok(Some(why)),
    }
}

/// Why a chunk is left alone that has its record.
const RECORDED: &str = "the chunk has its record";

/// What is to be done with a chunk.
enum Opened {
    /// It is to be folded.
    Wanted(Job),
    /// Nothing, for it has its record.
    Recorded(Job),
    /// Nothing, for its job has ended.
    Moot(&'static str),
}

impl Opened {
    /// The job that wants the chunk, or why it is not wanted.
    fn wanted(self) -> Result<Job, &'static str> {
        match self {
            Self::Wanted(job) => Ok(job),
            Self::Recorded(_) => Err(RECORDED),
            Self::Moot(why) => Err(why),
        }
    }
}

/// What is to be done with the chunk of a message.
async fn open(store: &dyn Store, task: &MapTask, now: Timestamp) -> Result<Opened> {
    // Without asking the store, which may have forgotten the job by now.
    if now >= task.expires_at {
        return Ok(Opened::Moot("the job has expired"));
    }
    let OpenChunk { progress, range, recorded } =
        store.open(task.task_id, &task.plan, task.chunk).await?;
    let ended = progress.ended(now);
    let job = progress.job;
    if task.range != range || task.computation != job.computation {
        return Err(Error::OtherPlan(task.task_id));
    }
    Ok(match ended {
        _ if recorded => Opened::Recorded(job),
        Some(why) => Opened::Moot(why),
        None => Opened::Wanted(job),
    })
}

/// As a receipt counts.
fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What `work` comes to, unless `stop` comes first: then that, and `work` is dropped.
async fn unless<S, W>(
    stop: impl Future<Output = S>,
    work: impl Future<Output = W>,
) -> Result<W, S> {
    let (mut stop, mut work) = (pin!(stop), pin!(work));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Ok(done)),
        Poll::Pending => stop.as_mut().poll(context).map(Err),
    })
    .await
}

/// Whether an error will meet whoever reads the chunk next, and nobody reads it now.
fn is_final(error: &Error, delivery: Delivery, now: Timestamp) -> bool {
    match error {
        Error::Misconfigured(_) => true,
        // Who began to read in time goes on.
        Error::SnapshotGone(_) => !delivery.may_have_a_rival(now),
        _ => false,
    }
}

/// Whether an error says something about the chunk, rather than about the message.
fn concerns_chunk(error: &Error) -> bool {
    error.may_heal() || matches!(error, Error::Misconfigured(_) | Error::Corrupt { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_may_be_read_as_long_as_a_mapper_lives() {
        let second = |seconds: u64| Timestamp::from_millis(1000 * seconds);
        let delivery = |attempt, first_received_at| Delivery {
            attempt,
            max_attempts: 5,
            memory_mb: 1769,
            sent_at: None,
            first_received_at,
            lifetime: Duration::from_secs(60),
        };
        assert!(!delivery(1, None).may_have_a_rival(second(1)));
        assert!(delivery(2, None).may_have_a_rival(second(1000)));
        assert!(delivery(2, Some(second(10))).may_have_a_rival(second(69)));
        assert!(!delivery(2, Some(second(10))).may_have_a_rival(second(70)));
    }

    #[test]
    fn a_message_stays_away_for_longer_each_time() {
        let delays: Vec<u64> = (1..=8).map(|attempt| backoff(attempt).as_secs()).collect();
        assert_eq!(delays, [2, 8, 32, 128, 512, 900, 900, 900]);
        assert_eq!((backoff(0).as_secs(), backoff(1000).as_secs()), (2, 900));
    }
}
