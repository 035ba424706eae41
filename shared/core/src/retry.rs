use crate::{Chunks, Error, Job, MapTask, Queue, Result, Store, TaskId, Timestamp};

/// Takes a job up again at the time `now`: forgets why it failed, gives it until `deadline`, and
/// sends the chunks again that have no record. Says how many. Those that are being worked on are
/// among them; they count once all the same.
///
/// # Errors
/// [`Error::AlreadyCompleted`]; [`Error::Ended`] if the job was cancelled or has expired; those
/// of the ports.
pub async fn retry(
    queue: &dyn Queue,
    store: &dyn Store,
    task_id: TaskId,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<usize> {
    let mut progress = store.progress(task_id).await?;
    if progress.cancelled_at.is_none() && progress.done == progress.job.chunks {
        return Err(Error::AlreadyCompleted(task_id));
    }
    // What failed may be taken up again.
    progress.failure = None;
    if let Some(reason) = progress.ended(now) {
        return Err(Error::Ended { task_id, reason });
    }
    store.reopen(&progress.job, deadline).await?;
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
