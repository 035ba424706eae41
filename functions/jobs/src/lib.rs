//! Shows the jobs that were submitted, and acts on them. Answers the health check, which must not
//! wait for submissions.
//!
//! [`Route`] lists the routes and the function that serves each.

mod backlogs;
mod dashboard;
mod files;
mod job;
mod whole;

use std::convert::Infallible;

use lambda_http::{Request, RequestExt, Response, http::StatusCode};
use pgfold_api::{
    Cancelled, Files, JobDetail, JobList, KernelList, ListedJob, Problem, Retried, Route, State,
    server::{
        self,
        parameters::{self, ChunkSelection},
    },
};
use pgfold_core::{
    self as core, Clock, Error, JobControl, JobId, JobResult, JobState, Objects, Store, Timestamp,
    job_detail, list_jobs,
};
use tracing::Instrument;

pub use crate::backlogs::Backlogs;

/// The description of the API, as OpenAPI. Its server is ".", the place where it was read: the API
/// may be mounted below any path.
pub const OPENAPI: &str = include_str!("openapi.json");

/// What the function reads and acts on.
pub struct Jobs<'a> {
    /// The jobs, to look at and to act on.
    pub control: JobControl<'a>,
    /// The partials that are too large for the store, and the manifests of results.
    pub objects: &'a dyn Objects,
    /// The files of results.
    pub files: &'a dyn core::Files,
    /// The queues.
    pub backlogs: Backlogs<'a>,
}

/// Answers a request to the API.
pub async fn handler(jobs: &Jobs<'_>, request: Request) -> Result<Response<String>, Infallible> {
    Ok(respond(jobs, &request).instrument(server::span()).await)
}

async fn respond(jobs: &Jobs<'_>, request: &Request) -> Response<String> {
    let parameters = request.path_parameters();
    let task_id = parameters.first("task_id");
    let (method, path) = (request.method().as_str(), raw_path(request));
    let job = task_id.unwrap_or_default();
    let (done, problem) = match Route::find(method, path, task_id) {
        Some(Route::Health) => return server::text(StatusCode::OK, "Hello, World!\n"),
        Some(Route::HealthHead) => return server::text(StatusCode::OK, ""),
        Some(Route::Dashboard) => return dashboard::response(),
        Some(Route::DashboardHead) => return dashboard::response().map(|_| String::new()),
        Some(Route::OpenApi) => (describe(request), Problem::DescriptionUnknown),
        Some(Route::Kernels) => (kernels(request), Problem::KernelsUnknown),
        Some(Route::ListJobs) => (jobs.list(request).await, Problem::JobsUnknown),
        Some(Route::ShowJob) => (jobs.show(job, request).await, Problem::JobUnknown),
        Some(Route::CancelJob) => (jobs.cancel(job, request).await, Problem::NotCancelled),
        Some(Route::RetryJob) => (jobs.retry(job, request).await, Problem::NotRetried),
        Some(
            Route::Sources | Route::SubmitMinDistance | Route::SubmitJob | Route::MinDistanceResult,
        )
        | None => {
            return server::unknown_route(method, path);
        }
    };
    done.unwrap_or_else(|error| server::error(problem, &error))
}

fn describe(request: &Request) -> Result<Response<String>, Error> {
    parameters::none(request.query_string_parameters().iter())?;
    Ok(server::json_text(OPENAPI))
}

fn kernels(request: &Request) -> Result<Response<String>, Error> {
    parameters::none(request.query_string_parameters().iter())?;
    Ok(server::json(StatusCode::OK, &KernelList::all()))
}

impl Jobs<'_> {
    async fn list(&self, request: &Request) -> Result<Response<String>, Error> {
        let query = parameters::job_query(request.query_string_parameters().iter())?;
        let (store, clock) = self.store();
        let jobs = list_jobs(store, self.objects, clock, query);
        // Whoever turns the pages has seen the queues.
        let (page, queue) = match query.before {
            None => {
                let (jobs, depths) = tokio::join!(jobs, self.backlogs.depths());
                (jobs?, Some(depths))
            }
            Some(_) => (jobs.await?, None),
        };
        let now = clock.now();
        let tasks: Vec<ListedJob> = page.jobs.iter().map(|job| job::listed(job, now)).collect();
        let next = page.next.map(Into::into);
        Ok(server::json(StatusCode::OK, &JobList { tasks, next, queue }))
    }

    async fn show(&self, job_id: &str, request: &Request) -> Result<Response<String>, Error> {
        let job_id = about(job_id)?;
        let selection = ChunkSelection::read(request.query_string_parameters().iter())?;
        let (store, clock) = self.store();
        let detail = job_detail(store, self.objects, clock, job_id).await?;
        server::of_trace(&detail.progress.job.trace.id);
        let core::JobDetail { progress, chunks, state, answer_so_far } = detail;
        let now = clock.now();
        let mut answer = JobDetail {
            files: self.files(&state, selection, now).await?,
            chunks: job::selected(&chunks, selection),
            ..job::detailed(progress, state, answer_so_far, now)
        };
        if let Some(response) = server::json_that_fits(StatusCode::OK, &answer) {
            return Ok(response);
        }
        // That of a pending job is another at each moment.
        if answer.job.state != State::Pending {
            let all = ChunkSelection { from: 0, limit: usize::MAX, ..selection };
            let json = whole::json(&mut answer, job::selected(&chunks, all))?;
            let whole = whole::stored(self.objects, self.files, job_id, json, now);
            answer.whole = Some(whole.await?);
        }
        Ok(server::json(StatusCode::OK, &answer.shortened(job_id)))
    }

    /// Returns the files of a completed job, with links to some of them.
    async fn files(
        &self,
        state: &JobState,
        selection: ChunkSelection,
        now: Timestamp,
    ) -> Result<Option<Files>, Error> {
        let JobState::Completed(completed) = state else { return Ok(None) };
        let JobResult::Files(manifest) = &completed.result else { return Ok(None) };
        files::ensure_manifest(self.objects, self.files, manifest).await?;
        files::with_links(self.files, manifest, selection, now).await.map(Some)
    }

    async fn cancel(&self, job_id: &str, request: &Request) -> Result<Response<String>, Error> {
        let job_id = about(job_id)?;
        parameters::none(request.query_string_parameters().iter())?;
        let job = self.control.cancel(job_id).await?;
        server::of_trace(&job.trace.id);
        tracing::info!("task cancelled");
        let answer = Cancelled { status: "task cancelled".to_owned(), task_id: job_id.into() };
        Ok(server::json(StatusCode::OK, &answer))
    }

    async fn retry(&self, job_id: &str, request: &Request) -> Result<Response<String>, Error> {
        let job_id = about(job_id)?;
        parameters::none(request.query_string_parameters().iter())?;
        let (job, chunks) = self.control.retry(job_id).await?;
        server::of_trace(&job.trace.id);
        tracing::info!(chunks, "task taken up again");
        let answer = Retried {
            status: "task submitted".to_owned(),
            task_id: job_id.into(),
            chunks,
            trace_id: job.trace.id.into(),
        };
        Ok(server::json(StatusCode::OK, &answer))
    }

    fn store(&self) -> (&dyn Store, &dyn Clock) {
        (self.control.store, self.control.clock)
    }
}

/// Returns the job that a request names, which is in the log from here on.
fn about(job_id: &str) -> Result<JobId, Error> {
    let job_id = job_id.parse()?;
    server::about_job(job_id);
    Ok(job_id)
}

/// Returns the path as API Gateway sent it: a URI has it without what follows `?` or `#` in a job's
/// id, and with `..` resolved.
fn raw_path(request: &Request) -> &str {
    match request.raw_http_path() {
        "" => request.uri().path(),
        path => path,
    }
}
