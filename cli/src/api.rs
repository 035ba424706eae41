//! The HTTP API, route by route.

use pgfold_api::{
    Cancelled, Condition, DryRun, Files, JobDetail, JobList, KernelList, Retried, Route,
    SourceList, Submitted, TaskId,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;

use crate::{
    arguments::{AskedFiles, Job},
    client::Client,
    document::Document,
    error::{Error, Result},
    exchange::{Answer, Request},
};

/// The most jobs that the server puts on a page.
pub(crate) const LARGEST_PAGE: u64 = 100;

pub(crate) struct Api {
    pub(crate) client: Client,
    pub(crate) deadline: Option<Instant>,
}

/// How much of its chunks to ask of a job. There may be thousands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Chunks {
    All,
    None,
}

impl Chunks {
    /// For people they are too many; a script gets the document whole, unless it wants the small
    /// form.
    pub(crate) const fn shown(json: bool, no_receipts: bool) -> Self {
        if json && !no_receipts { Self::All } else { Self::None }
    }
}

impl Api {
    /// Submits a job, under an idempotency key if there is one.
    pub(crate) async fn submit<'a>(
        &'a self,
        asked: Asked<'a>,
        key: Option<&'a str>,
    ) -> Result<(Document, Submitted)> {
        let mut request = self.request_of(asked);
        request.idempotency_key = key;
        self.ask(request).await
    }

    /// Asks how a job would run.
    pub(crate) async fn dry_run(&self, asked: Asked<'_>) -> Result<(Document, DryRun)> {
        let mut request = self.request_of(asked);
        request.url.set_query(Some("dry_run=true"));
        self.ask(request).await
    }

    fn request_of(&self, asked: Asked<'_>) -> Request<'_> {
        let is_computed = asked.job.is_computed();
        let route = if is_computed { Route::SubmitJob } else { Route::SubmitMinDistance };
        Request { body: serde_json::to_string(&asked).ok(), ..self.request(route, None) }
    }

    pub(crate) async fn job(&self, job_id: &str, chunks: Chunks) -> Result<(Document, JobDetail)> {
        let mut request = self.request(Route::ShowJob, Some(job_id));
        if let Chunks::None = chunks {
            request.url.set_query(Some("receipts=none"));
        }
        self.ask(request).await
    }

    /// Asks for the files of a completed job, with links to some of them, from the part `from` on.
    /// Returns the name of the request, too.
    pub(crate) async fn files(
        &self,
        job_id: &str,
        from: usize,
        limit: usize,
    ) -> Result<(String, Files)> {
        let mut request = self.request(Route::ShowJob, Some(job_id));
        request.url.set_query(Some(&format!("from={from}&limit={limit}&receipts=none")));
        let name = request.to_string();
        let (_, detail) = self.ask::<JobDetail>(request).await?;
        match detail.files {
            Some(files) => Ok((name, files)),
            None => {
                let why =
                    format!("{job_id} has no files any more, it is {}", detail.job.state.name());
                Err(Error::Unreadable { request: name, why })
            }
        }
    }

    pub(crate) async fn jobs(
        &self,
        limit: u64,
        state: Option<&str>,
        cursor: Option<&TaskId>,
    ) -> Result<(Document, JobList)> {
        let mut request = self.request(Route::ListJobs, None);
        request
            .url
            .query_pairs_mut()
            .append_pair("limit", &limit.min(LARGEST_PAGE).to_string())
            .extend_pairs(state.map(|state| ("state", state)))
            .extend_pairs(cursor.map(|cursor| ("cursor", &cursor.0)));
        let name = request.to_string();
        let (document, page) = self.ask::<JobList>(request).await?;
        if page.next.is_some() && page.next.as_ref() == cursor {
            // It would be asked for without end.
            let why = "the page after this one is the same".to_owned();
            return Err(Error::Unreadable { request: name, why });
        }
        Ok((document, page))
    }

    pub(crate) async fn cancel(&self, job_id: &str) -> Result<(Document, Cancelled)> {
        self.ask(self.request(Route::CancelJob, Some(job_id))).await
    }

    pub(crate) async fn retry(&self, job_id: &str) -> Result<(Document, Retried)> {
        self.ask(self.request(Route::RetryJob, Some(job_id))).await
    }

    pub(crate) async fn kernels(&self) -> Result<(Document, KernelList)> {
        self.ask(self.request(Route::Kernels, None)).await
    }

    pub(crate) async fn sources(&self) -> Result<(Document, SourceList)> {
        self.ask(self.request(Route::Sources, None)).await
    }

    /// Asks a route with this query, and returns its answer whatever its status is.
    pub(crate) async fn probe(
        &self,
        route: Route,
        job_id: Option<&str>,
        query: Option<&str>,
    ) -> Result<Answer> {
        let mut request = self.request(route, job_id);
        request.url.set_query(query);
        self.client.exchange(request, self.deadline).await
    }

    /// Makes the request of a route, which may name a job.
    fn request(&self, route: Route, job_id: Option<&str>) -> Request<'_> {
        let url = self.client.url(route, job_id);
        Request { method: route.method(), url, idempotency_key: None, body: None }
    }

    /// Sends a request and reads its answer, whose JSON comes along.
    async fn ask<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<(Document, T)> {
        self.client.ask(request, self.deadline).await
    }

    /// Reads an answer, whose JSON comes along.
    pub(crate) fn read<T: DeserializeOwned>(&self, answer: Answer) -> Result<(Document, T)> {
        self.client.read(answer)
    }
}

/// What a job is asked for: the body of the request.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Asked<'a> {
    #[serde(flatten)]
    pub(crate) job: &'a Job,
    /// The conditions that rows meet.
    #[serde(rename = "where", skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) filter: &'a [Condition],
    /// The files that are written instead of an answer.
    #[serde(rename = "output", skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<AskedFiles>,
}
