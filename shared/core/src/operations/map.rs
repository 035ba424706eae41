use std::time::Duration;

use crate::{
    error::{Error, Result},
    job::{
        ChunkRecord, ChunkTask, Computation, Execution, Job, NewObject, ObjectName, Receipt,
        SkipReason,
    },
    operations::{
        Delivery, Failure, Mapped, Recorder,
        part_writer::PartWriter,
        run_fold::{self, RunFold, most_in_memory},
        undone::Undone,
    },
    plan::Projection,
    ports::{Catalogue, Encoders, Files, Objects, ReadTimes, RowCount},
    query::{FoldedQuery, OpenQuery, Pushdown, QueryPartial, Run, RunCut},
};

/// Folds chunks and stores their records.
pub struct Mapper<'a> {
    /// The sources.
    pub catalogue: &'a Catalogue<'a>,
    /// Stores the records, and does what follows.
    pub recorder: Recorder<'a>,
    /// Stores the partials that are too large for a record.
    pub objects: &'a dyn Objects,
    /// Stores the files of rows.
    pub files: &'a dyn Files,
    /// The formats of these files.
    pub encoders: &'a dyn Encoders,
    /// The most bytes of a partial in a record: [`ChunkRecord::ROOM`], except in tests.
    pub room: u64,
    /// About the most bytes of groups in memory, if the function has room for them:
    /// [`Mapper::MOST_IN_MEMORY`], except in tests.
    pub most_in_memory: usize,
}

impl Mapper<'_> {
    /// About the most bytes of groups that a mapper has in memory; more go into an object as they are
    /// met.
    pub const MOST_IN_MEMORY: usize = run_fold::MOST_IN_MEMORY;

    /// Folds the chunk of a message and stores its record. If `unwanted` returns a reason while the
    /// chunk is read, stops reading and skips the chunk.
    ///
    /// # Errors
    /// Every error of a failed attempt. Pass it to [`Recorder::report`], which decides whether the
    /// message must be delivered again.
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
        if task.range.partition().is_some() {
            // Somebody has sent it to the wrong queue, as from a dead-letter queue of both.
            self.recorder.end.reducers.send(std::slice::from_ref(task)).await?;
            return Ok(Mapped::Skipped(SkipReason::Partition));
        }
        let clock = self.recorder.clock;
        let started_at = clock.now();
        let job = match self.recorder.begin(task).await? {
            Ok(job) => job,
            Err(why) => return Ok(Mapped::Skipped(why)),
        };

        // Retryable, because a mapper of another build may know the query, as during a deployment.
        let unknown = |error| Error::corrupt(format!("the query of task {}", task.job_id), error);
        let query = job.computation.query.open().map_err(unknown)?;
        let work = async {
            let (folded, times, snapshot) =
                self.read(task, &job, &query, delivery.memory_mb).await?;
            let FoldedQuery { partial, rows, skipped } = folded;
            let partial = self.put_if_large(task, &job, partial).await?;
            Ok((FoldedQuery { partial, rows, skipped }, times, snapshot))
        };
        let read = match self.recorder.unless(task, unwanted, work).await? {
            Ok(read) => read,
            Err(why) => return Ok(Mapped::Skipped(why)),
        };
        let (folded, times, snapshot) =
            read.map_err(|undone: Undone| undone.failure(delivery, started_at))?;

        let recorded_at = clock.now();
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
        Ok(self.recorder.record(&job, task.chunk, record).await?)
    }

    /// Reads and folds a chunk. Returns the folded chunk, the times of reading and folding, and the
    /// name of the instant that was read.
    async fn read(
        &self,
        task: &ChunkTask,
        job: &Job,
        query: &OpenQuery<'_>,
        memory_mb: u32,
    ) -> Result<(FoldedQuery, ReadTimes, String), Undone> {
        let Computation { source, relation, cut_by, snapshot, execution, .. } = &job.computation;
        let source = self.catalogue.get(source)?;
        let projection = Projection {
            relation: relation.clone(),
            cut_by: cut_by.clone(),
            ..Projection::of(query)
        };
        let reading = source.begin(snapshot.as_ref()).await?;
        if snapshot.is_some() {
            let store = self.recorder.end.store;
            store.attach(job, task.chunk).await.map_err(Undone::Stored)?;
        }
        let snapshot = reading.snapshot().to_owned();
        if query.is_of_rows() {
            let mut part = self.part(task, job)?;
            let times = reading.read(&task.range, &projection, &mut part).await?;
            let part = part.finish().await.map_err(Undone::of_bucket)?;
            let (rows, partial) = (part.rows, QueryPartial::Part(part));
            return Ok((FoldedQuery { partial, rows, skipped: 0 }, times, snapshot));
        }
        let object = NewObject::Run { job_id: task.job_id, chunk: task.chunk };
        let most = self.most_in_memory.min(most_in_memory(memory_mb));
        let mut fold = RunFold::new(query, self.files, object, cut_of(job), most);
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
        let mut folded = fold.finish().await.map_err(Undone::of_bucket)?;
        if let Some(RowCount { rows, skipped }) = count {
            (folded.rows, folded.skipped) = (rows, skipped);
        }
        Ok((folded, times, snapshot))
    }

    /// Starts the part of a chunk of rows.
    fn part(&self, task: &ChunkTask, job: &Job) -> Result<PartWriter<'_>> {
        let none = || Error::corrupt(format!("task {}", task.job_id), "it has no output");
        let output = job.computation.output.as_ref().ok_or_else(none)?;
        let name =
            NewObject::Part { job_id: task.job_id, part: task.chunk.0, format: output.format };
        PartWriter::new(self.encoders, self.files, output, name)
    }

    /// Puts a partial that is too large for a record into an object. Returns what the record has of
    /// it.
    async fn put_if_large(
        &self,
        task: &ChunkTask,
        job: &Job,
        partial: QueryPartial,
    ) -> Result<QueryPartial, Undone> {
        let is_object = matches!(partial, QueryPartial::Part(_) | QueryPartial::Run(_));
        if partial.bytes() <= self.room || is_object {
            return Ok(partial);
        }
        let Run { stored, bytes } = Run::of(partial, cut_of(job))?;
        let name = ObjectName::of_chunk(task.job_id, task.chunk, stored.checksum());
        self.objects.put(&name, bytes).await.map_err(Undone::Stored)?;
        Ok(QueryPartial::Run(stored))
    }
}

/// Returns how the runs of a job are cut.
const fn cut_of(job: &Job) -> RunCut {
    RunCut::of(job.source_chunks(), job.partitions)
}

/// Returns a duration in whole milliseconds, as receipts have it.
fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
