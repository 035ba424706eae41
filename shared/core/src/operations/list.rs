//! Jobs as callers see them: a list of jobs, and one job in detail.

use std::pin::pin;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::{
    bounded::bounded,
    error::{Error, Result},
    job::{ChunkRecord, Chunks, JobId, LastError, Progress, Status, Timestamp},
    operations::{
        JobState,
        partials::answer,
        reduce,
        reduce::{with_chunks, without_chunks},
    },
    plan::Plan,
    ports::{Clock, Objects, Store},
    query::QueryPartial,
};

/// The query for a page of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobQuery {
    /// Only jobs in this state; `None` for all states.
    pub status: Option<Status>,
    /// Only jobs older than this one.
    pub before: Option<JobId>,
    /// The most jobs of the page, from 1 to [`MOST`](JobQuery::MOST).
    pub limit: u16,
}

impl JobQuery {
    /// The most jobs of one page.
    pub const MOST: u16 = 100;

    /// The default limit of a page.
    pub const USUAL: u16 = 25;
}

/// A page of jobs, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<ListedJob>,
    /// The job before which the next page starts; `None` on the last page.
    pub next: Option<JobId>,
}

/// A job in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedJob {
    /// The progress of the job.
    pub progress: Progress,
    /// The state of the job.
    pub status: Status,
    /// Why the job failed, in a sentence.
    pub error: Option<String>,
}

/// The most jobs that are read for one page of a query by state. Then the page ends early, and the
/// next page continues there.
const MOST_READ: usize = 1000;

/// The number of jobs that are read in full at the same time.
const CONCURRENT_READS: usize = 16;

/// Returns a page of jobs. Reads each job in full that failed, or that was cancelled before every
/// chunk had its record, so that the page agrees with [`job_detail`].
///
/// # Errors
/// [`Error::Invalid`] if the limit is out of range; those of the store.
pub async fn list_jobs(
    store: &dyn Store,
    objects: &dyn Objects,
    clock: &dyn Clock,
    query: JobQuery,
) -> Result<JobPage> {
    let JobQuery { status, before, limit } = query;
    let most = JobQuery::MOST;
    if !(1..=most).contains(&limit) {
        return Err(Error::Invalid(format!(
            "limit must be a whole number from 1 to {most}, not {limit}"
        )));
    }
    let at_once = if status.is_some() { most } else { limit };
    let mut page = JobPage { jobs: Vec::new(), next: before };
    let mut looked_at = 0;
    loop {
        let listed = store.list(page.next, at_once).await?;
        let is_last = listed.len() < usize::from(at_once);
        let looking = listed.into_iter().map(async |progress| {
            (progress.job.job_id, look_at(store, objects, clock, progress, status).await)
        });
        let mut looks = pin!(stream::iter(looking).buffered(CONCURRENT_READS));
        while let Some((job_id, job)) = looks.next().await {
            (page.next, looked_at) = (Some(job_id), looked_at + 1);
            page.jobs.extend(job?);
            if page.jobs.len() == usize::from(limit) {
                return Ok(page);
            }
        }
        if is_last {
            return Ok(JobPage { next: None, ..page });
        }
        if looked_at >= MOST_READ {
            return Ok(page);
        }
    }
}

/// Returns a job of the list; `None` if it is in another state than `wanted`.
async fn look_at(
    store: &dyn Store,
    objects: &dyn Objects,
    clock: &dyn Clock,
    progress: Progress,
    wanted: Option<Status>,
) -> Result<Option<ListedJob>> {
    let is_wanted = |status| wanted.is_none_or(|wanted| wanted == status);
    let now = clock.now();
    let status = in_short(&progress, now);
    // A failed chunk may have succeeded since; then the job is pending again.
    let may_be_pending = progress.failure.is_none() && now < progress.deadline;
    let is_to_be_read = match status {
        Status::Failed => is_wanted(Status::Failed) || may_be_pending && is_wanted(Status::Pending),
        // The root of a stored tree sums up its complete leaves only. A cancelled job completes no
        // more leaves, so records in the incomplete ones are missing from the sums.
        Status::Cancelled => is_wanted(status) && progress.done < progress.job.chunks,
        _ => false,
    };
    let listed = if is_to_be_read {
        match read_whole(store, objects, clock, progress.job.job_id).await {
            Ok((progress, _, state)) => ListedJob::new(progress, &state),
            // The job expired since the list was read.
            Err(Error::NotFound(_)) => ListedJob::new(progress, &JobState::Expired),
            // The list must show a job whose records are corrupt, too.
            Err(error @ Error::Corrupt { .. }) => ListedJob::unreadable(progress, status, &error),
            Err(error) => return Err(error),
        }
    } else {
        ListedJob { progress: with_last_error_of(status, progress), status, error: None }
    };
    Ok(is_wanted(listed.status).then_some(listed))
}

impl ListedJob {
    fn new(progress: Progress, state: &JobState) -> Self {
        let error = match state {
            JobState::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        Self { progress, status: state.status(), error }
    }

    /// Makes the entry of a job whose chunks do not read back, from its progress alone.
    fn unreadable(progress: Progress, status: Status, error: &Error) -> Self {
        let error = (status == Status::Failed).then(|| bounded(error));
        Self { progress: with_last_error_of(status, progress), status, error }
    }
}

/// Removes the last error from the progress of a job that is neither pending nor failed.
fn with_last_error_of(status: Status, mut progress: Progress) -> Progress {
    if !matches!(status, Status::Pending | Status::Failed) {
        progress.last_error = None;
    }
    progress
}

/// Returns the state of a job without reading its chunks. A failed job may in fact be pending.
fn in_short(progress: &Progress, now: Timestamp) -> Status {
    match without_chunks(progress, now) {
        Some(state) => state.status(),
        None if progress.done >= progress.job.chunks => Status::Completed,
        None => Status::Failed,
    }
}

/// A job in detail.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDetail {
    /// The progress of the job by its records, those that do not count yet included.
    pub progress: Progress,
    /// The chunks of the job.
    pub chunks: Chunks,
    /// The state of the job.
    pub state: JobState,
    /// The answer over the records so far; `None` if there are none, a partial is in an object, or
    /// the job is completed.
    pub answer_so_far: Option<Value>,
}

/// Returns a job in detail. Reads all its chunks.
///
/// # Errors
/// Those of [`job_state`](crate::job_state).
pub async fn job_detail(
    store: &dyn Store,
    objects: &dyn Objects,
    clock: &dyn Clock,
    job_id: JobId,
) -> Result<JobDetail> {
    let (progress, chunks, state) = read_whole(store, objects, clock, job_id).await?;
    // Whoever watches a job would have its objects read again and again.
    let is_object = |record: &ChunkRecord| {
        matches!(record.partial, QueryPartial::Run(_) | QueryPartial::Part(_))
    };
    let answer_so_far = match &state {
        JobState::Completed(_) => None,
        _ if progress.job.computation.output.is_some() => None,
        _ if chunks.records.is_empty() || chunks.records.values().any(is_object) => None,
        _ => match answer(objects, &progress.job, &chunks).await {
            // A kernel's failure is reported when the job is done. Until then its chunks are shown.
            Err(
                Error::Kernel { .. }
                | Error::TooManyGroupsOfJob { .. }
                | Error::PartialsTooLarge { .. },
            ) => None,
            answer => Some(answer?.answer),
        },
    };
    Ok(JobDetail { progress, chunks, state, answer_so_far })
}

/// Reads a job with its chunks, and its state by the records of these chunks.
async fn read_whole(
    store: &dyn Store,
    objects: &dyn Objects,
    clock: &dyn Clock,
    job_id: JobId,
) -> Result<(Progress, Chunks, JobState)> {
    let progress = store.progress(job_id).await?;
    let now = clock.now();
    // The store may have deleted some of the chunks of an expired job, so only its sums are used.
    if let Some(JobState::Expired) = without_chunks(&progress, now) {
        let chunks = Chunks::new(Plan::empty());
        return Ok((with_last_error_of(Status::Expired, progress), chunks, JobState::Expired));
    }
    let (progress, chunks) = with_chunks(store, progress).await?;
    let state = reduce(objects, &progress, &chunks, now).await?;
    let mut progress = with_last_error_of(state.status(), progress);
    let is_done = |last: &mut LastError| chunks.records.contains_key(&last.chunk);
    progress.last_error.take_if(is_done);
    progress.tally = chunks.tally()?;
    progress.done = chunks.records.len() as u16;
    Ok((progress, chunks, state))
}
