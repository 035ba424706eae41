use crate::{Chunks, Clock, Error, Job, MapTask, Queue, Result, Store, TaskId};

/// Sends the chunks of a job again that have no record, and says how many. Those that are being
/// worked on are among them; they count once all the same.
///
/// # Errors
/// [`Error::AlreadyCompleted`]; [`Error::Ended`] if the job ended otherwise, so that its mappers
/// would leave the chunks alone; those of the ports.
pub async fn retry(
    queue: &dyn Queue,
    store: &dyn Store,
    clock: &dyn Clock,
    task_id: TaskId,
) -> Result<usize> {
    let mut progress = store.progress(task_id).await?;
    if progress.done == progress.job.chunks {
        return Err(Error::AlreadyCompleted(task_id));
    }
    if let Some(how) = progress.ended(clock.now()) {
        let reason = progress.failure.unwrap_or_else(|| how.to_owned());
        return Err(Error::Ended { task_id, reason });
    }
    let chunks = progress.take_chunks(store).await?;
    send_missing(queue, &progress.job, &chunks).await
}

/// Sends the messages of the chunks that have no record, and says how many.
pub(crate) async fn send_missing(queue: &dyn Queue, job: &Job, chunks: &Chunks) -> Result<usize> {
    let missing = |task: &MapTask| !chunks.records.contains_key(&task.chunk);
    let tasks: Vec<MapTask> = job.map_tasks(&chunks.plan).filter(missing).collect();
    queue.send(&tasks).await?;
    Ok(tasks.len())
}
