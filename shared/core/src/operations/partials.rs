//! The partials of a job. Some are in records, the others in objects.

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    error::{Error, Result},
    job::{Chunks, Computation, Job, JobId, ObjectName},
    operations::{
        merge::{CONCURRENT_READS, MOST_AT_ONCE, Merge},
        run_reader::OpenRun,
    },
    partition::Partition,
    plan::ChunkIndex,
    ports::Objects,
    query::{Answer, GroupType, OpenQuery, QueryPartial, Reduction, of_one, partial_of_one},
};

/// The most bytes of all partials of a job that writes no files. The function that reduces the job has
/// some ten seconds to read and merge them, on a part of a core.
pub(crate) const MOST_BYTES: u64 = 200_000_000;

/// About the most bytes of objects that are in memory at a time, in a function of any size. Of each run it
/// is one block at least.
pub(crate) const READ_AHEAD: u64 = 64_000_000;

/// Returns the same for a function with so many megabytes: a sixteenth of its memory, if that is more. A
/// run is read on when half of its bytes are used, and files take as much while they are written.
pub(crate) const fn read_ahead(megabytes: u32) -> u64 {
    let share = megabytes as u64 * 1_000_000 / 16;
    if share > READ_AHEAD { share } else { READ_AHEAD }
}

/// Returns the answer of a job's query over the chunks that have a record.
///
/// # Errors
/// [`Error::Corrupt`] if this build does not know the kernel, or a partial does not read back or its
/// object does not exist any more; [`Error::PartialsTooLarge`] if there are too many bytes of
/// partials; those of [`OpenQuery::answer`] and of objects.
pub(crate) async fn answer(objects: &dyn Objects, job: &Job, chunks: &Chunks) -> Result<Answer> {
    let unknown = |error| Error::corrupt(format!("the query of task {}", job.job_id), error);
    let Computation { query, group_types, .. } = &job.computation;
    let query = query.open().map_err(unknown)?;
    Partials::of(job, chunks).answer(objects, &query, group_types, READ_AHEAD).await
}

/// The partials of a job's chunks that have a record, in the order of the plan.
pub(crate) struct Partials<'c> {
    job_id: JobId,
    all: Vec<(ChunkIndex, &'c QueryPartial)>,
}

impl<'c> Partials<'c> {
    /// Returns those of the chunks of a job's source.
    pub(crate) fn of(job: &Job, chunks: &'c Chunks) -> Self {
        let records = chunks.of_source(job);
        let all = records.map(|(chunk, record)| (chunk, &record.partial)).collect();
        Self { job_id: job.job_id, all }
    }

    fn each(&self) -> impl Iterator<Item = &'c QueryPartial> {
        self.all.iter().map(|(_, partial)| *partial)
    }

    /// Returns the answer over them, with about `ahead` bytes of objects in memory at a time.
    async fn answer(
        &self,
        objects: &dyn Objects,
        query: &OpenQuery<'_>,
        group_types: &[GroupType],
        ahead: u64,
    ) -> Result<Answer> {
        match query.is_of_one() {
            true => self.answer_of_one(objects, query).await,
            false => {
                self.check_bytes()?;
                let mut reduction = Reduction::new(query, group_types);
                let mut merge = self.merge(objects, query, None, ahead).await?;
                while merge.step(&mut reduction).await? {}
                reduction.finish()
            }
        }
    }

    /// Checks that one function has room for them all.
    fn check_bytes(&self) -> Result<()> {
        let bytes = self.each().map(QueryPartial::bytes).sum();
        match bytes > MOST_BYTES {
            true => Err(Error::PartialsTooLarge { bytes, most: MOST_BYTES }),
            false => Ok(()),
        }
    }

    /// Returns the answer of the only kernel of a query.
    pub(crate) async fn answer_of_one(
        &self,
        objects: &dyn Objects,
        query: &OpenQuery<'_>,
    ) -> Result<Answer> {
        self.check_bytes()?;
        let read =
            self.open_runs(objects, MOST_AT_ONCE, None).await?.into_iter().map(async |run| {
                let OpenRun { form, partitions } = run;
                let mut bytes = Vec::new();
                for mut partition in partitions {
                    bytes.extend(partition.read(objects, u64::MAX).await?.bytes);
                }
                partial_of_one(&form.versions, &bytes)
            });
        let read = stream::iter(read.collect::<Vec<_>>()).buffered(CONCURRENT_READS);
        let read: Vec<_> = read.try_collect().await?;
        let (mut read, mut ones) = (read.iter(), Vec::new());
        for partial in self.each() {
            match partial {
                QueryPartial::Run(_) => ones.extend(read.next()),
                partial => ones.push(of_one(partial)?),
            }
        }
        query.answer_of_one(&mut ones.into_iter())
    }

    /// Starts the merge of their groups by a query, of `only` a partition or of all, with about `ahead`
    /// bytes of objects in memory at a time.
    pub(crate) async fn merge(
        &self,
        objects: &'c dyn Objects,
        query: &OpenQuery<'_>,
        only: Option<Partition>,
        ahead: u64,
    ) -> Result<Merge<'c>> {
        let runs = self.all.iter().filter(|(_, it)| matches!(it, QueryPartial::Run(_))).count();
        let at_once = (ahead / runs.max(1) as u64).min(MOST_AT_ONCE);
        // Of an object whose other partitions are not read, not all is read.
        let whole = if only.is_some_and(|only| only.of() > 1) { 0 } else { at_once };
        let runs = self.open_runs(objects, whole, only).await?;
        Merge::new(objects, query, self.each(), runs, only, ahead)
    }

    /// Opens those that are in objects, of `only` a partition or of all. Objects of no more than `whole`
    /// bytes are read at once.
    async fn open_runs(
        &self,
        objects: &dyn Objects,
        whole: u64,
        only: Option<Partition>,
    ) -> Result<Vec<OpenRun>> {
        let opening = self.all.iter().filter_map(|(chunk, partial)| match partial {
            QueryPartial::Run(run) => {
                let name = match run.name() {
                    Some(file) => ObjectName::of_run(self.job_id, file),
                    None => ObjectName::of_chunk(self.job_id, *chunk, run.checksum()),
                };
                Some(OpenRun::new(objects, name, run, whole, only))
            }
            _ => None,
        });
        let opening = stream::iter(opening.collect::<Vec<_>>()).buffered(CONCURRENT_READS);
        opening.try_collect().await
    }
}

#[cfg(test)]
mod tests;
