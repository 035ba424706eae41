use crate::{
    error::Result,
    job::{ChunkTask, Job, Stage},
    operations::{Manifest, remind::remind},
    plan::ChunkIndex,
    ports::{Objects, Queue, Reminders, Store},
};

/// What follows when every chunk of a stage counts.
///
/// Whoever makes the last chunk of a stage count, or finds that it counts already, does what follows
/// before the message of that chunk is acknowledged. To do it twice changes nothing. So it is done,
/// whoever dies in between: the message comes back.
#[derive(Clone, Copy)]
pub struct StageEnd<'a> {
    /// Stores the jobs.
    pub store: &'a dyn Store,
    /// Stores the manifests.
    pub objects: &'a dyn Objects,
    /// Sends the messages of partitions.
    pub reducers: &'a dyn Queue,
    /// Sends the reminders that jobs have ended.
    pub reminders: &'a dyn Reminders,
}

impl StageEnd<'_> {
    /// Does what follows when a chunk counts and its job is in `stage`: sends the messages of the
    /// job's partitions if all chunks of its source count. If all chunks do, writes its manifest and
    /// sends the reminder that it has ended.
    ///
    /// # Errors
    /// Those of the ports; [`Error::Corrupt`](crate::Error::Corrupt) if a chunk that
    /// writes a file has a record that names none.
    pub(crate) async fn after(&self, job: &Job, chunk: ChunkIndex, stage: Stage) -> Result<()> {
        let is_of_last = job.partitions == 0 || job.is_partition(chunk);
        match stage {
            Stage::Reduce if !job.is_partition(chunk) => {
                let tasks: Vec<ChunkTask> = job.partition_tasks().collect();
                self.reducers.send(&tasks).await
            }
            Stage::Done if is_of_last => {
                if job.computation.output.is_some() {
                    self.write_manifest(job).await?;
                }
                remind(self.reminders, job).await
            }
            Stage::Map | Stage::Reduce | Stage::Done => Ok(()),
        }
    }

    async fn write_manifest(&self, job: &Job) -> Result<()> {
        let chunks = self.store.chunks(job).await?;
        match Manifest::new(job, &chunks)? {
            Some(manifest) => manifest.put(self.objects).await,
            None => Ok(()),
        }
    }
}
