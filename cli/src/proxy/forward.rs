//! Forwarding one request to the API.

use std::sync::{Mutex, PoisonError};

use http::{HeaderValue, Request, Response, StatusCode, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use reqwest::{Body, RequestBuilder, Url};
use serde_json::json;

use crate::{
    client::{Client, LONGEST_ANSWER},
    error::{self, tell},
    proxy::{
        headers::{answered, forwarded},
        origin::{Refusal, check},
    },
    shown_url::shown,
};

/// The most bytes of a body that API Gateway accepts.
const LONGEST_BODY: usize = 10 << 20;

pub(super) struct Proxy {
    upstream: Client,
    port: u16,
    /// The last sentence on stderr. It is not repeated, because the dashboard asks every second.
    told: Mutex<String>,
}

/// The status and the sentence of a request that the API did not answer.
struct Failure(StatusCode, String);

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Refusal::CrossSite => StatusCode::FORBIDDEN,
        };
        Self(status, refusal.to_string())
    }
}

impl Proxy {
    pub(super) fn new(upstream: Client, port: u16) -> Self {
        Self { upstream, port, told: Mutex::default() }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        self.forward(request).await.unwrap_or_else(|Failure(status, sentence)| {
            if status.is_server_error() {
                self.tell(&sentence);
            }
            let body = json!({ "status": "not forwarded", "error": sentence });
            let mut response = Response::new(Body::from(format!("{body}\n")));
            *response.status_mut() = status;
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        })
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let (head, body) = request.into_parts();
        check(&head, self.port)?;
        let url = target(&self.upstream.base, &head.uri).ok_or_else(|| {
            let problem = format!("the path {:?} is not forwarded", head.uri.path());
            Failure(StatusCode::BAD_REQUEST, problem)
        })?;
        // A signature includes the whole body.
        let body = whole(body).await?;

        let name = format!("{} {}", head.method, shown(&url));
        let headers = forwarded(head.headers);
        let mut request = self.upstream.request(head.method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        let answer = self.ask(request, &name).await;
        let answer = answer.map_err(|error| Failure(StatusCode::BAD_GATEWAY, error.to_string()))?;
        match self.upstream.auth.advice(answer.status()) {
            Some(advice) => self.tell(&format!("{} from {name}; {advice}", answer.status())),
            None => self.told.lock().unwrap_or_else(PoisonError::into_inner).clear(),
        }
        let mut answer = Response::from(answer);
        *answer.headers_mut() = answered(std::mem::take(answer.headers_mut()));
        Ok(answer)
    }

    async fn ask(&self, request: RequestBuilder, name: &str) -> error::Result<reqwest::Response> {
        let request = self.upstream.authorised(request, name).await?;
        self.upstream.send(request, name, LONGEST_ANSWER).await
    }

    /// Writes a sentence to stderr, unless it was the last one written.
    fn tell(&self, sentence: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != sentence {
            tell(sentence);
            sentence.clone_into(&mut told);
        }
    }
}

/// Returns the URL with the same path and query below `base`; `None` if its path would differ.
fn target(base: &Url, uri: &Uri) -> Option<Url> {
    let path = format!("{}{}", base.path().trim_end_matches('/'), uri.path());
    let mut url = base.clone();
    url.set_path(&path);
    url.set_query(uri.query());
    (uri.path().starts_with('/') && url.path() == path).then_some(url)
}

async fn whole(body: Incoming) -> Result<Bytes, Failure> {
    let whole = Limited::new(body, LONGEST_BODY).collect().await;
    let whole = whole.map_err(|error| match error.downcast::<LengthLimitError>() {
        Ok(_) => Failure(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("a body may have {} MiB", LONGEST_BODY >> 20),
        ),
        Err(error) => Failure(StatusCode::BAD_REQUEST, format!("incomplete request: {error}")),
    })?;
    Ok(whole.to_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_cannot_leave_the_base() {
        let target = |base: &str, path: &str| {
            super::target(&base.parse().unwrap(), &path.parse().unwrap()).map(String::from)
        };
        for base in ["http://h:1/_aws/execute-api/x", "http://h:1/_aws/execute-api/x/"] {
            let expected = "http://h:1/_aws/execute-api/x/tasks?limit=2&cursor=a%26b";
            assert_eq!(target(base, "/tasks?limit=2&cursor=a%26b").as_deref(), Some(expected));
        }
        assert_eq!(target("https://h", "/").as_deref(), Some("https://h/"));
        assert_eq!(target("https://h", "/a%2fb").as_deref(), Some("https://h/a%2fb"));
        for path in ["/../y", "/a/../../y", "/%2e%2e/y", "/.", "*"] {
            assert_eq!(target("http://h:1/_aws/execute-api/x", path), None, "{path}");
        }
    }
}
