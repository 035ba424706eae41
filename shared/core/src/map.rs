use crate::{
    ChunkRecord, Clock, Error, Failure, FailureScope, Job, MapTask, Receipt, Recorded, Result,
    Source, Store,
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
        let progress = self.store.load(task.task_id).await?;
        check(task, &progress.job)?;
        if progress.records.contains_key(&task.chunk) {
            return Ok(Mapped::Skipped("the chunk has its record"));
        }
        if progress.failures.contains_key(&FailureScope::Job) {
            return Ok(Mapped::Skipped("the job has failed"));
        }
        if started_at >= progress.job.expires_at {
            return Ok(Mapped::Skipped("the job has expired"));
        }

        let kernel = task.kernel.open()?;
        let mut fold = kernel.fold();
        let snapshot = match self.source.read(task.range, kernel.columns(), &mut *fold).await {
            Ok(snapshot) => snapshot,
            Err(Error::Misconfigured(reason)) => {
                let scope = FailureScope::Chunk(task.chunk);
                self.store.fail(task.task_id, &Failure { scope, reason: reason.clone() }).await?;
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
        let recorded = self.store.record(task.task_id, &task.plan, task.chunk, &record).await?;
        Ok(Mapped::Recorded(recorded, record.receipt))
    }

    /// After an error: has the job say why, if the message will not be delivered again. The
    /// chunk counts all the same if somebody sends it again and it succeeds.
    ///
    /// # Errors
    /// Those of [`Store::fail`]; then the job's deadline has to end it.
    pub async fn give_up(&self, task: &MapTask, delivery: Delivery, why: &Error) -> Result<()> {
        let Delivery { attempt, max_attempts, .. } = delivery;
        if attempt < max_attempts || !concerns_chunk(why) {
            return Ok(());
        }
        let reason = format!("given up after {attempt} attempts: {why}");
        let failure = Failure { scope: FailureScope::Chunk(task.chunk), reason };
        self.store.fail(task.task_id, &failure).await
    }
}

/// Whether an error says something about the chunk, rather than about the message.
fn concerns_chunk(error: &Error) -> bool {
    match error {
        Error::Unavailable { .. }
        | Error::TimedOut { .. }
        | Error::Misconfigured(_)
        | Error::Corrupt { .. } => true,
        Error::Invalid(_) | Error::NotFound(_) | Error::AlreadyExists(_) | Error::OtherPlan(_) => {
            false
        }
    }
}

/// Whether the message was made for a chunk of this job.
fn check(task: &MapTask, job: &Job) -> Result<()> {
    let fits = task.plan == job.plan_hash()
        && task.kernel == job.kernel
        && job.plan.chunks().any(|chunk| chunk == (task.chunk, task.range));
    if fits { Ok(()) } else { Err(Error::OtherPlan(task.task_id)) }
}
