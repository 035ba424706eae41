use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use crate::{
    error::{Error, Result},
    job::{
        ChunkRecord, ChunkTask, Computation, Execution, FailedAttempt, Job, ObjectName, Reason,
        Receipt, SkipReason, Timestamp,
    },
    operations::{Delivery, Failure, Mapped, Reported, opened::Opened},
    plan::Projection,
    ports::{Catalogue, Clock, Objects, ReadTimes, RowCount, Store},
    query::{FoldedQuery, OpenQuery, Pushdown, QueryPartial, Run},
};

/// Folds chunks and stores their records.
pub struct Mapper<'a> {
    /// The sources.
    pub catalogue: &'a Catalogue<'a>,
    /// Stores the records.
    pub store: &'a dyn Store,
    /// Stores the partials that are too large for a record.
    pub objects: &'a dyn Objects,
    /// The most bytes of a partial in a record: [`ChunkRecord::ROOM`], except in tests.
    pub room: u64,
    /// Returns the time of the records.
    pub clock: &'a dyn Clock,
}

impl Mapper<'_> {
    /// Folds the chunk of a message and stores its record. If `unwanted` returns a reason while the
    /// chunk is read, stops reading and skips the chunk.
    ///
    /// # Errors
    /// Every error of a failed attempt. Pass it to [`report`](Self::report), which decides whether
    /// the message must be delivered again.
    pub async fn map(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        match self.map_known(task, delivery, unwanted).await {
            // The job expired while the chunk was folded.
            Err(Failure { error: Error::NotFound(_), .. }) => {
                Ok(Mapped::Skipped(SkipReason::Unknown))
            }
            mapped => mapped,
        }
    }

    async fn map_known(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        let started_at = self.clock.now();
        let job = match Opened::new(self.store, task, started_at).await? {
            Opened::Wanted(job) => job,
            Opened::Recorded(job) => {
                self.discard(&job, task).await;
                return Ok(Mapped::Skipped(SkipReason::Recorded));
            }
            Opened::Unwanted(why) => return Ok(Mapped::Skipped(why)),
        };

        // Retryable, because a mapper of another build may know the query, as during a deployment.
        let unknown = |error| Error::corrupt(format!("the query of task {}", task.job_id), error);
        let query = job.computation.query.open().map_err(unknown)?;
        let work = async {
            let (folded, times, snapshot) = self.read(task, &job, &query).await?;
            let FoldedQuery { partial, rows, skipped } = folded;
            let partial = self.put_if_large(task, partial).await?;
            Ok((FoldedQuery { partial, rows, skipped }, times, snapshot))
        };
        let read = match unless(unwanted, work).await {
            Ok(read) => read,
            Err(why) => {
                if why == SkipReason::Recorded {
                    self.discard(&job, task).await;
                }
                return Ok(Mapped::Skipped(why));
            }
        };
        let (folded, times, snapshot) = read.map_err(|unread| match unread {
            Unread::Source(error) => Failure::of_reading(error, delivery, started_at),
            Unread::Stored(error) => error.into(),
        })?;

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

    /// Reads and folds a chunk. Returns the folded chunk, the times of reading and folding, and the
    /// name of the instant that was read.
    async fn read(
        &self,
        task: &ChunkTask,
        job: &Job,
        query: &OpenQuery<'_>,
    ) -> Result<(FoldedQuery, ReadTimes, String), Unread> {
        let Computation { source, relation, cut_by, snapshot, execution, .. } = &job.computation;
        let source = self.catalogue.get(source)?;
        let projection = Projection {
            relation: relation.clone(),
            cut_by: cut_by.clone(),
            ..Projection::of(query)
        };
        let reading = source.begin(snapshot.as_ref()).await?;
        if snapshot.is_some() {
            self.store.attach(job, task.chunk).await.map_err(Unread::Stored)?;
        }
        let snapshot = reading.snapshot().to_owned();
        let mut fold = query.fold();
        let (times, count) = match (execution, query.pushdown()) {
            (Execution::Pushdown, Some(Pushdown::Narrow(measure))) => {
                reading.narrow(&task.range, &projection, measure, &mut fold).await?
            }
            (Execution::Pushdown, Some(Pushdown::Aggregate(aggregates))) => {
                let folding = &mut fold;
                (reading.aggregate(&task.range, &projection, &aggregates, folding).await?, None)
            }
            _ => (reading.read(&task.range, &projection, &mut fold).await?, None),
        };
        let mut folded = fold.finish()?;
        if let Some(RowCount { rows, skipped }) = count {
            (folded.rows, folded.skipped) = (rows, skipped);
        }
        Ok((folded, times, snapshot))
    }

    /// Puts a partial that is too large for a record into an object. Returns what the record has of
    /// it.
    async fn put_if_large(
        &self,
        task: &ChunkTask,
        partial: QueryPartial,
    ) -> Result<QueryPartial, Unread> {
        if partial.bytes() <= self.room {
            return Ok(partial);
        }
        let Run { stored, bytes } = Run::of(partial)?;
        let name = ObjectName::of_chunk(task.job_id, task.chunk, stored.checksum());
        self.objects.put(&name, bytes).await.map_err(Unread::Stored)?;
        Ok(QueryPartial::Run(stored))
    }

    /// Counts a discarded delivery. An error is ignored because a missing count must not fail the
    /// job.
    async fn discard(&self, job: &Job, task: &ChunkTask) {
        let _ = self.store.discard(job, task.chunk).await;
    }

    /// Returns why the chunk of a message is no longer wanted; `None` if it is wanted.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub async fn unwanted(&self, task: &ChunkTask) -> Result<Option<SkipReason>> {
        Ok(Opened::new(self.store, task, self.clock.now()).await?.wanted().err())
    }

    /// Stores the `failure` of an attempt that began at `started_at` with its job. If the failure
    /// is not retryable or the message has no delivery left, also stores that the chunk failed.
    /// Returns the outcome of the message. An error of the store is part of the report.
    pub async fn report(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        started_at: Timestamp,
        failure: &Failure,
    ) -> Reported {
        if !failure.concerns_chunk() {
            return Reported { done: None, unsaid: None };
        }
        let now = self.clock.now();
        let opened = Opened::new(self.store, task, now).await;
        let job = match opened.map(Opened::wanted) {
            Ok(Ok(job)) => job,
            Ok(Err(why)) => return Reported { done: Some(Mapped::Skipped(why)), unsaid: None },
            Err(unsaid) => return Reported { done: None, unsaid: Some(unsaid) },
        };
        let Failure { error, is_retryable } = failure;
        let Delivery { attempt, max_attempts, memory_mb, .. } = delivery;
        let failed = FailedAttempt {
            chunk: task.chunk,
            attempt,
            at: now,
            error: Reason::new(error),
            map_ms: now.millis_since(started_at),
            memory_mb,
        };
        let unsaid = self.store.note_failure(&job, &failed).await.err();
        let reason = match is_retryable {
            false => failed.error,
            true if attempt >= max_attempts => {
                Reason::new(format_args!("given up after {attempt} attempts: {error}"))
            }
            true => return Reported { done: None, unsaid },
        };
        match self.store.fail_chunk(&job, task.chunk, &reason).await {
            Ok(()) => {
                // A message that was given up is not done: it becomes a dead letter, which raises
                // an alarm.
                let done = (!is_retryable).then_some(Mapped::Failed(reason));
                Reported { done, unsaid }
            }
            Err(unsaid) => Reported { done: None, unsaid: Some(unsaid) },
        }
    }
}

/// Why a chunk was not read.
enum Unread {
    /// The source, its rows or the kernel failed.
    Source(Error),
    /// The store, which must know the chunks that read at a snapshot, or the objects failed.
    Stored(Error),
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Source(error)
    }
}

/// Returns a duration in whole milliseconds, as receipts have it.
fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the result of `work`, or that of `stop` if it ends first; `work` is then dropped.
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
