//! The HTTP API, route by route.

use reqwest::{Method, StatusCode, Url};
use tokio::time::Instant;

use crate::{
    arguments::Run,
    client::{Client, LONGEST_ANSWER, shown},
    error::{Error, Result},
    response::{Document, Page, Submitted, Task, sentence},
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
    pub(crate) async fn submit(&self, job: &Run) -> Result<(Document, Submitted)> {
        let route = if job.kernel.is_some() { "tasks" } else { "compute_min_distance" };
        let mut request = Request::new(Method::POST, self.client.url(&[route]));
        request.body = serde_json::to_string(job).ok();
        request.idempotency_key = job.idempotency_key.as_deref();
        self.ask(request, |fields| Submitted::new(&fields)).await
    }

    pub(crate) async fn task(&self, job_id: &str, chunks: Chunks) -> Result<(Document, Task)> {
        let mut url = self.client.url(&["tasks", job_id]);
        if let Chunks::None = chunks {
            url.set_query(Some("receipts=none"));
        }
        self.ask(Request::new(Method::GET, url), Task::new).await
    }

    pub(crate) async fn tasks(
        &self,
        limit: u64,
        state: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<(Document, Page)> {
        let mut url = self.client.url(&["tasks"]);
        url.query_pairs_mut()
            .append_pair("limit", &limit.min(LARGEST_PAGE).to_string())
            .extend_pairs(state.map(|state| ("state", state)))
            .extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
        let read = |fields| {
            // A page that is its own next one would be asked for without end.
            Page::new(&fields).filter(|page| page.next.is_none() || page.next.as_deref() != cursor)
        };
        self.ask(Request::new(Method::GET, url), read).await
    }

    pub(crate) async fn cancel(&self, job_id: &str) -> Result<Document> {
        let request = Request::new(Method::DELETE, self.client.url(&["tasks", job_id]));
        Ok(self.ask(request, Some).await?.0)
    }

    pub(crate) async fn retry(&self, job_id: &str) -> Result<(Document, Submitted)> {
        let request = Request::new(Method::POST, self.client.url(&["tasks", job_id, "retry"]));
        self.ask(request, |fields| Submitted::new(&fields)).await
    }

    pub(crate) async fn kernels(&self) -> Result<(Document, Vec<serde_json::Value>)> {
        let request = Request::new(Method::GET, self.client.url(&["kernels"]));
        self.ask(request, |fields| Some(fields.get("kernels")?.as_array()?.clone())).await
    }

    /// Sends a request, and has `read` make something of its answer, whose JSON comes along.
    async fn ask<T>(
        &self,
        request: Request<'_>,
        read: impl FnOnce(serde_json::Value) -> Option<T>,
    ) -> Result<(Document, T)> {
        let name = request.to_string();
        let (status, body) = self.send(request, &name).await?;
        let document = Document::new(body);
        if !status.is_success() {
            let fields = document.as_ref().map(Document::value).unwrap_or_default();
            let sentence = sentence(&fields).map_or_else(|| status.to_string(), str::to_owned);
            let error = Error::Answered { request: name, status, sentence, document };
            return Err(match self.client.auth.advice(status) {
                Some(advice) => error.hint(advice),
                None => error,
            });
        }
        let unreadable = |why: &str| Error::Unreadable { request: name, why: why.to_owned() };
        let Some(document) = document else { return Err(unreadable("it is not JSON")) };
        match read(document.value()) {
            Some(read) => Ok((document, read)),
            None => Err(unreadable("it lacks what this client needs")),
        }
    }

    async fn send(&self, request: Request<'_>, name: &str) -> Result<(StatusCode, String)> {
        let mut builder = self.client.request(request.method, request.url);
        if let Some(key) = request.idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        if let Some(body) = request.body {
            builder = builder.header("content-type", "application/json").body(body);
        }
        let request = self.client.authorised(builder, name).await?;
        // Now that it is signed, which may take a while.
        let left = self.deadline.map(|deadline| deadline.duration_since(Instant::now()));
        let timeout = left.map_or(LONGEST_ANSWER, |left| left.min(LONGEST_ANSWER));
        let response = self.client.send(request, name, timeout).await?;
        let status = response.status();
        let body = response.text().await;
        Ok((status, body.map_err(|error| self.client.unanswered(&error, name, timeout))?))
    }
}

struct Request<'a> {
    method: Method,
    url: Url,
    idempotency_key: Option<&'a str>,
    body: Option<String>,
}

impl Request<'_> {
    fn new(method: Method, url: Url) -> Self {
        Self { method, url, idempotency_key: None, body: None }
    }
}

impl std::fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, shown(&self.url))
    }
}
