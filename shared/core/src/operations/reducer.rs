use crate::{
    error::{Error, Result},
    job::{ChunkRecord, ChunkTask, Computation, Job, NewObject, Receipt, SkipReason},
    operations::{
        Delivery, Failure, Mapped, Recorder,
        part_writer::PartWriter,
        partials::{Partials, read_ahead},
        undone::Undone,
    },
    output::StoredPart,
    ports::{Encoders, Files, Objects},
    query::{FileRows, OpenQuery, Query, QueryPartial, Reduction},
    rows::FoldRows,
};

/// Merges the groups of partitions into the files of results, and stores their records.
pub struct Reducer<'a> {
    /// Stores the records, and does what follows.
    pub recorder: Recorder<'a>,
    /// Has the partials that are too large for a record.
    pub objects: &'a dyn Objects,
    /// Stores the files.
    pub files: &'a dyn Files,
    /// The formats of the files.
    pub encoders: &'a dyn Encoders,
}

impl Reducer<'_> {
    /// Merges the partition of a message into a file and stores its record. If `unwanted` returns a
    /// reason meanwhile, stops and skips the partition.
    ///
    /// Memory does not grow with the number of groups. Of the objects it has a share of the function's
    /// memory, or a block of each run if that is more. If the job orders groups or limits them, it has
    /// those that are listed.
    ///
    /// # Errors
    /// Every error of a failed attempt. Pass it to [`Recorder::report`], which decides whether the
    /// message must be delivered again.
    pub async fn reduce(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        match self.reduce_known(task, delivery, unwanted).await {
            // The job expired meanwhile.
            Err(Failure { error: Error::NotFound(_), .. }) => {
                Ok(Mapped::Skipped(SkipReason::Unknown))
            }
            reduced => reduced,
        }
    }

    async fn reduce_known(
        &self,
        task: &ChunkTask,
        delivery: Delivery,
        unwanted: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        let clock = self.recorder.clock;
        let started_at = clock.now();
        let job = match self.recorder.begin(task).await? {
            Ok(job) => job,
            Err(why) => return Ok(Mapped::Skipped(why)),
        };
        if task.range.partition().is_none() {
            // About the message, not the chunk: somebody has sent it to the wrong queue.
            let wrong = format!("chunk {} is for mappers, not for reducers", task.chunk);
            return Err(Error::Invalid(wrong).into());
        }
        // Retryable, because a reducer of another build may know the query, as during a deployment.
        let unknown = |error| Error::corrupt(format!("the query of task {}", task.job_id), error);
        let query = job.computation.query.open().map_err(unknown)?;
        let work = self.write(task, &job, &query, delivery.memory_mb);
        let written = match self.recorder.unless(task, unwanted, work).await? {
            Ok(written) => written,
            Err(why) => return Ok(Mapped::Skipped(why)),
        };
        let part = written.map_err(|undone| undone.failure(delivery, started_at))?;
        let recorded_at = clock.now();
        let map_ms = recorded_at.millis_since(started_at);
        let receipt = Receipt {
            range: task.range.clone(),
            rows: part.rows,
            skipped: 0,
            attempts: delivery.attempt,
            queue_ms: delivery.sent_at.map_or(0, |sent_at| started_at.millis_since(sent_at)),
            map_ms,
            read_ms: map_ms,
            fold_ms: 0,
            memory_mb: delivery.memory_mb,
            snapshot: String::new(),
            recorded_at,
        };
        let record = ChunkRecord { partial: QueryPartial::Part(part), receipt };
        Ok(self.recorder.record(&job, task.chunk, record).await?)
    }

    /// Writes the groups of a partition into its file.
    async fn write(
        &self,
        task: &ChunkTask,
        job: &Job,
        query: &OpenQuery<'_>,
        memory_mb: u32,
    ) -> Result<StoredPart, Undone> {
        let corrupt =
            |problem: String| Undone::Rows(Error::corrupt(format!("task {}", job.job_id), problem));
        let Computation { group_types, output, .. } = &job.computation;
        let (Some(partition), Some(output)) = (task.range.partition(), output) else {
            return Err(corrupt(format!("chunk {} writes no file", task.chunk)));
        };
        let chunks = self.recorder.end.store.chunks(job).await.map_err(Undone::of_bucket)?;
        if let Some(missing) = chunks.missing().find(|chunk| !job.is_partition(*chunk)) {
            return Err(corrupt(format!("chunk {missing} is counted and has no record")));
        }
        let partials = Partials::of(job, &chunks);
        let name =
            NewObject::Part { job_id: job.job_id, part: partition.number(), format: output.format };
        let mut part = PartWriter::new(self.encoders, self.files, output, name)?;
        let mut rows = FileRows::new(query, group_types, &output.read);
        if query.is_of_one() {
            let answer = partials.answer_of_one(self.objects, query).await;
            rows.push_answer(&answer.map_err(Undone::of_bucket)?, true)?;
            part.fold(rows.batch())?;
            return part.finish().await.map_err(Undone::of_bucket);
        }
        let ahead = read_ahead(memory_mb);
        let merge = partials.merge(self.objects, query, Some(partition), ahead).await;
        let mut merge = merge.map_err(Undone::of_bucket)?;
        let Query { group_by, order, .. } = query.query();
        if !group_by.is_empty() && order.is_default() {
            let mut reduction = Reduction::with(query, group_types, rows);
            while merge.step(&mut reduction).await.map_err(Undone::of_bucket)? {
                write_if_full(reduction.complete(), &mut part).await?;
            }
            rows = reduction.finish_groups()?;
        } else {
            let mut reduction = Reduction::new(query, group_types);
            while merge.step(&mut reduction).await.map_err(Undone::of_bucket)? {}
            if group_by.is_empty() {
                rows.push_answer(&reduction.finish()?, false)?;
            } else {
                for group in reduction.finish_groups()?.take() {
                    rows.push(&group)?;
                    write_if_full(&mut rows, &mut part).await?;
                }
            }
        }
        part.fold(rows.batch())?;
        part.finish().await.map_err(Undone::of_bucket)
    }
}

/// Writes rows into a part if they are many.
async fn write_if_full(rows: &mut FileRows<'_>, part: &mut PartWriter<'_>) -> Result<(), Undone> {
    if rows.is_full() {
        part.fold(rows.batch())?;
        rows.clear();
        part.ready().await.map_err(Undone::of_bucket)?;
    }
    Ok(())
}
