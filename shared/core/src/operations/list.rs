//! Jobs as their callers see them: a list, and one with all that is known of it.

use std::pin::pin;

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::{
    bounded::bounded,
    error::{Error, Result},
    job::{Chunks, JobId, LastError, Progress, Status, Timestamp},
    operations::{
        JobState,
        completed::answer,
        reduce,
        reduce::{with_chunks, without_chunks},
    },
    plan::Plan,
    ports::{Clock, Store},
};

/// Which jobs are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobQuery {
    /// Only those in this state.
    pub status: Option<Status>,
    /// Only those from before this one.
    pub before: Option<JobId>,
    /// At most so many, from 1 to [`MOST`](JobQuery::MOST).
    pub limit: u16,
}

impl JobQuery {
    /// The most jobs of one page.
    pub const MOST: u16 = 100;

    /// How many a page has unless asked otherwise.
    pub const USUAL: u16 = 25;
}

/// Some jobs, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<ListedJob>,
    /// Before which job the next page begins; `None` on the last one.
    pub next: Option<JobId>,
}

/// A job as the list has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedJob {
    /// Where it stands.
    pub progress: Progress,
    /// Its state.
    pub status: Status,
    /// Why it failed, in a sentence.
    pub error: Option<String>,
}

/// How many jobs are looked at for one page of those in a certain state. Then the page ends, and
/// the next one goes on.
const MOST_READ: usize = 1000;

/// How many jobs are read by themselves at the same time.
const CONCURRENT_READS: usize = 16;

/// A page of jobs. Each of those that have failed, or were cancelled before every chunk was in, is
/// read by itself, so that the page says the same of it as [`job_detail`].
///
/// # Errors
/// [`Error::Invalid`] if the limit is out of range; those of the store.
pub async fn list_jobs(store: &dyn Store, clock: &dyn Clock, query: JobQuery) -> Result<JobPage> {
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
            (progress.job.job_id, look_at(store, clock, progress, status).await)
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

/// A job of the list, unless it is in another state than `wanted`.
async fn look_at(
    store: &dyn Store,
    clock: &dyn Clock,
    progress: Progress,
    wanted: Option<Status>,
) -> Result<Option<ListedJob>> {
    let is_wanted = |status| wanted.is_none_or(|wanted| wanted == status);
    let now = clock.now();
    let status = in_short(&progress, now);
    // A chunk that has failed may have succeeded since, and the job be pending again.
    let may_be_pending = progress.failure.is_none() && now < progress.deadline;
    let is_to_be_read = match status {
        Status::Failed => is_wanted(Status::Failed) || may_be_pending && is_wanted(Status::Pending),
        // Of a tree the root says what its complete leaves have, and no record completes one now.
        Status::Cancelled => is_wanted(status) && progress.done < progress.job.chunks,
        _ => false,
    };
    let listed = if is_to_be_read {
        match read_whole(store, clock, progress.job.job_id).await {
            Ok((progress, _, state)) => ListedJob::new(progress, &state),
            // Its time came meanwhile.
            Err(Error::NotFound(_)) => ListedJob::new(progress, &JobState::Expired),
            // The list is there to find such a job, too.
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

    /// A job whose chunks do not read back: what its root says of it.
    fn unreadable(progress: Progress, status: Status, error: &Error) -> Self {
        let error = (status == Status::Failed).then(|| bounded(error));
        Self { progress: with_last_error_of(status, progress), status, error }
    }
}

/// The same progress without its last error, if the job is neither pending nor failed.
fn with_last_error_of(status: Status, mut progress: Progress) -> Progress {
    if !matches!(status, Status::Pending | Status::Failed) {
        progress.last_error = None;
    }
    progress
}

/// The state of a job, as far as its chunks need not be looked at for it.
fn in_short(progress: &Progress, now: Timestamp) -> Status {
    match without_chunks(progress, now) {
        Some(state) => state.status(),
        None if progress.done >= progress.job.chunks => Status::Completed,
        None => Status::Failed,
    }
}

/// A job with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDetail {
    /// Where it stands by its records, those that do not count yet included.
    pub progress: Progress,
    /// Its chunks.
    pub chunks: Chunks,
    /// Its state.
    pub state: JobState,
    /// The answer over the records so far, if the job has some and is not completed.
    pub answer_so_far: Option<Value>,
}

/// A job with all that is known of it: as much to read as it has chunks.
///
/// # Errors
/// Those of [`job_state`](crate::job_state).
pub async fn job_detail(store: &dyn Store, clock: &dyn Clock, job_id: JobId) -> Result<JobDetail> {
    let (progress, chunks, state) = read_whole(store, clock, job_id).await?;
    let answer_so_far = match &state {
        JobState::Completed(_) => None,
        _ if chunks.records.is_empty() => None,
        _ => match answer(&progress.job, &chunks) {
            // The job says so once it is done; until then its chunks can be seen all the same.
            Err(Error::Kernel { .. }) => None,
            answer => Some(answer?),
        },
    };
    Ok(JobDetail { progress, chunks, state, answer_so_far })
}

/// A job with its chunks and its state; what it says of them is by the records that there are.
async fn read_whole(
    store: &dyn Store,
    clock: &dyn Clock,
    job_id: JobId,
) -> Result<(Progress, Chunks, JobState)> {
    let progress = store.progress(job_id).await?;
    let now = clock.now();
    // Some of its chunks may be forgotten by now; the root's sums are not.
    if let Some(JobState::Expired) = without_chunks(&progress, now) {
        let chunks = Chunks::new(Plan::empty());
        return Ok((with_last_error_of(Status::Expired, progress), chunks, JobState::Expired));
    }
    let (progress, chunks) = with_chunks(store, progress).await?;
    let state = reduce(&progress, &chunks, now)?;
    let mut progress = with_last_error_of(state.status(), progress);
    let is_done = |last: &mut LastError| chunks.records.contains_key(&last.chunk);
    progress.last_error.take_if(is_done);
    progress.tally = chunks.tally()?;
    progress.done = chunks.records.len() as u16;
    Ok((progress, chunks, state))
}
