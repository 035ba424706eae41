//! A request of JSON to a server, and its answer.

use std::time::Duration;

use pgfold_api::{Method, VERSION_HEADER};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{
    client::{Client, LONGEST_ANSWER},
    document::Document,
    error::{Error, Result},
    reading::read,
    refusal::sentence,
    shown_url::shown,
};

impl Client {
    /// Sends a request and reads its answer, whose JSON comes along.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
        deadline: Option<Instant>,
    ) -> Result<(Document, T)> {
        self.read(self.exchange(request, deadline).await?)
    }

    /// Reads an answer, whose JSON comes along.
    pub(crate) fn read<T: DeserializeOwned>(&self, answer: Answer) -> Result<(Document, T)> {
        let Answer { request, status, body, .. } = answer;
        let document = Document::new(body);
        if !status.is_success() {
            let sentence = document.as_ref().and_then(sentence);
            let sentence = sentence.unwrap_or_else(|| status.to_string());
            let error = Error::Answered { request, status, sentence, document };
            return Err(match self.auth.advice(status) {
                Some(advice) => error.hint(advice),
                None => error,
            });
        }
        let unreadable = |why| Error::Unreadable { request, why };
        let Some(document) = document else { return Err(unreadable("it is not JSON".to_owned())) };
        match read(&document) {
            Ok(answer) => Ok((document, answer)),
            Err(why) => Err(unreadable(why)),
        }
    }

    /// Sends a request, and returns its answer whatever its status is.
    pub(crate) async fn exchange(
        &self,
        request: Request<'_>,
        deadline: Option<Instant>,
    ) -> Result<Answer> {
        let name = request.to_string();
        let mut builder = self.request(http_method(request.method), request.url);
        if let Some(key) = request.idempotency_key {
            builder = builder.header("idempotency-key", key);
        }
        if let Some(body) = request.body {
            builder = builder.header("content-type", "application/json").body(body);
        }
        let request = self.authorised(builder, &name).await?;
        // Now that it is signed, which may take a while.
        let left = deadline.map(|deadline| deadline.duration_since(Instant::now()));
        let timeout = left.map_or(LONGEST_ANSWER, |left| left.min(LONGEST_ANSWER));
        let sent = Instant::now();
        let response = self.send(request, &name, timeout).await?;
        let status = response.status();
        let version = response.headers().get(VERSION_HEADER);
        let version = version.and_then(|version| version.to_str().ok()).map(str::to_owned);
        let body = response.text().await;
        let body = body.map_err(|error| self.unanswered(&error, &name, timeout))?;
        Ok(Answer { request: name, status, version, elapsed: sent.elapsed(), body })
    }
}

/// An answer of any status.
pub(crate) struct Answer {
    request: String,
    pub(crate) status: StatusCode,
    /// The version of the function that answered; `None` if the answer does not say it.
    pub(crate) version: Option<String>,
    pub(crate) elapsed: Duration,
    body: String,
}

/// A request, perhaps with a body of JSON.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) idempotency_key: Option<&'a str>,
    pub(crate) body: Option<String>,
}

impl std::fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.name(), shown(&self.url))
    }
}

const fn http_method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Delete => reqwest::Method::DELETE,
    }
}
