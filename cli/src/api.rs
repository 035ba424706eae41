//! The HTTP API, route by route.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode, Url, redirect::Policy};
use tokio::time::Instant;

use crate::{
    arguments::Run,
    error::{Error, Result, root_cause},
    told::{Document, Page, Submitted, Task, sentence},
};

/// API Gateway gives up after 30 seconds, so nothing comes later than a little after that.
const LONGEST_ANSWER: Duration = Duration::from_secs(35);

/// The most jobs that the server puts on a page.
pub(crate) const LARGEST_PAGE: u64 = 100;

pub(crate) struct Api {
    http: Client,
    base: Url,
    pub(crate) deadline: Option<Instant>,
}

/// How much of its chunks to ask of a job. There may be thousands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Chunks {
    All,
    Few,
}

impl Api {
    pub(crate) fn new(base: Url, deadline: Option<Instant>) -> Result<Self> {
        let mut builder = Client::builder()
            .user_agent(concat!("pgfold/", env!("CARGO_PKG_VERSION")))
            // The API has none; and what was posted would be asked for instead.
            .redirect(Policy::none());
        if base.scheme() == "http" {
            // Reading the system's certificates takes longer than a request, and there may be none.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| Error::Unreachable {
            url: shown(&base).to_string(),
            why: root_cause(&error),
            hint: "",
        })?;
        Ok(Self { http, base, deadline })
    }

    pub(crate) async fn submit(&self, job: &Run) -> Result<(Document, Submitted)> {
        let route = if job.kernel.is_some() { "tasks" } else { "compute_min_distance" };
        let mut request = Request::new(Method::POST, self.url(&[route]));
        request.body = serde_json::to_string(job).ok();
        request.idempotency_key = job.idempotency_key.as_deref();
        self.ask(request, |fields| Submitted::new(&fields)).await
    }

    pub(crate) async fn task(&self, task_id: &str, chunks: Chunks) -> Result<(Document, Task)> {
        let mut url = self.url(&["tasks", task_id]);
        if let Chunks::Few = chunks {
            url.set_query(Some("limit=1"));
        }
        self.ask(Request::new(Method::GET, url), Task::new).await
    }

    pub(crate) async fn tasks(
        &self,
        limit: u64,
        state: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<(Document, Page)> {
        let mut url = self.url(&["tasks"]);
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

    pub(crate) async fn cancel(&self, task_id: &str) -> Result<Document> {
        let request = Request::new(Method::DELETE, self.url(&["tasks", task_id]));
        Ok(self.ask(request, Some).await?.0)
    }

    pub(crate) async fn retry(&self, task_id: &str) -> Result<(Document, Submitted)> {
        let request = Request::new(Method::POST, self.url(&["tasks", task_id, "retry"]));
        self.ask(request, |fields| Submitted::new(&fields)).await
    }

    pub(crate) async fn kernels(&self) -> Result<(Document, Vec<serde_json::Value>)> {
        let request = Request::new(Method::GET, self.url(&["kernels"]));
        self.ask(request, |fields| Some(fields.get("kernels")?.as_array()?.clone())).await
    }

    /// The URL of a route below the base, which ends with a slash or not.
    fn url(&self, route: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(route);
        }
        url
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
            return Err(Error::Answered { request: name, status, sentence, document });
        }
        let unreadable = |why: &str| Error::Unreadable { request: name, why: why.to_owned() };
        let Some(document) = document else { return Err(unreadable("it is not JSON")) };
        match read(document.value()) {
            Some(read) => Ok((document, read)),
            None => Err(unreadable("it lacks what this client needs")),
        }
    }

    async fn send(&self, request: Request<'_>, name: &str) -> Result<(StatusCode, String)> {
        let left = self.deadline.map(|deadline| deadline.duration_since(Instant::now()));
        let patience = left.map_or(LONGEST_ANSWER, |left| left.min(LONGEST_ANSWER));
        let mut builder = self.http.request(request.method, request.url.clone()).timeout(patience);
        if let Some(key) = request.idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        if let Some(body) = request.body {
            builder = builder.header("content-type", "application/json").body(body);
        }
        let sent = async {
            let response = builder.send().await?;
            Ok((response.status(), response.text().await?))
        };
        sent.await.map_err(|error: reqwest::Error| {
            if error.is_builder() {
                return Error::Usage(format!("{name} cannot be asked: an unfit header or URL"));
            }
            Error::of_transport(&error, name.to_owned(), &shown(&self.base), patience)
        })
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

/// A URL as it may be shown: a password may be in it, and what is asked for is in its path.
fn shown(url: &Url) -> Url {
    let mut url = url.clone();
    // They fail for a URL that cannot have a password.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.set_query(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, route: &[&str]) -> String {
        Api::new(base.parse().unwrap(), None).unwrap().url(route).to_string()
    }

    #[test]
    fn routes_are_below_the_base() {
        for base in ["http://h:1/_aws/execute-api/x", "http://h:1/_aws/execute-api/x/"] {
            assert_eq!(url(base, &["tasks", "a"]), "http://h:1/_aws/execute-api/x/tasks/a");
        }
        assert_eq!(url("https://h", &["kernels"]), "https://h/kernels");
    }

    #[test]
    fn what_is_shown_of_a_url_keeps_secrets() {
        let url = "https://me:secret@h/tasks?cursor=x".parse().unwrap();
        assert_eq!(shown(&url).as_str(), "https://h/tasks");
    }
}
