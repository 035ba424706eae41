//! What is asked of the API, and what is answered.

use std::sync::{Mutex, PoisonError};

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, ORIGIN,
        REFERER, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use reqwest::{Body, Url};
use serde_json::json;

use crate::{
    client::{Client, LONGEST_ANSWER, shown},
    error::tell,
    proxy::origin::{Refusal, check},
};

/// The longest body that API Gateway takes.
const LONGEST_BODY: usize = 10 << 20;

/// Headers about a connection, which say nothing of the next one; and what `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authorization"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers that are the proxy's to say, or that are about the page that asks and this machine: the
/// browser sends cookies to every port.
const WITHHELD: [HeaderName; 7] =
    [AUTHORIZATION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, ORIGIN, REFERER];

pub(super) struct Proxy {
    upstream: Client,
    port: u16,
    /// What the user was told last, for the dashboard asks every second.
    told: Mutex<String>,
}

/// Why there is no answer of the API's.
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
            Failure(StatusCode::BAD_REQUEST, format!("{:?} is no path to forward", head.uri.path()))
        })?;
        // A signature needs it whole.
        let body = whole(body).await?;

        let name = format!("{} {}", head.method, shown(&url));
        let headers = forwarded(head.headers);
        let mut request = self.upstream.request(head.method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        let answer = self.upstream.send(request, &name, LONGEST_ANSWER).await;
        let answer = answer.map_err(|error| Failure(StatusCode::BAD_GATEWAY, error.to_string()))?;
        match self.upstream.auth.advice(answer.status()) {
            Some(advice) => self.tell(&format!("{} from {name}; {advice}", answer.status())),
            None => self.told.lock().unwrap_or_else(PoisonError::into_inner).clear(),
        }
        let mut answer = Response::from(answer);
        *answer.headers_mut() = answered(std::mem::take(answer.headers_mut()));
        Ok(answer)
    }

    /// Says it on stderr, unless it was the last thing that was said.
    fn tell(&self, sentence: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != sentence {
            tell(sentence);
            sentence.clone_into(&mut told);
        }
    }
}

/// The URL of the same path and query below `base`; `None` if it would be of another path.
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
        Err(error) => Failure(StatusCode::BAD_REQUEST, format!("half a request: {error}")),
    })?;
    Ok(whole.to_bytes())
}

/// The headers of a request that the API is to see.
fn forwarded(headers: HeaderMap) -> HeaderMap {
    let about_the_page = |name: &HeaderName| name.as_str().starts_with("sec-");
    // AWS refuses those that are not signed.
    let of_aws = |name: &HeaderName| name.as_str().starts_with("x-amz-");
    end_to_end(headers, |name| !WITHHELD.contains(name) && !about_the_page(name) && !of_aws(name))
}

/// The headers of an answer that the browser is to see: what the API lets other sites do, they may
/// do to the API.
fn answered(headers: HeaderMap) -> HeaderMap {
    end_to_end(headers, |name| !name.as_str().starts_with("access-control-"))
}

/// The headers that are not about a connection, of those that are to be kept.
fn end_to_end(mut headers: HeaderMap, keep: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let named = headers.get_all(CONNECTION).iter().filter_map(|names| names.to_str().ok());
    let named: Vec<_> = named
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .filter_map(|name| name.parse::<HeaderName>().ok())
        .collect();
    let dropped: Vec<_> = headers
        .keys()
        .filter(|name| HOP_BY_HOP.contains(name) || named.contains(name) || !keep(name))
        .cloned()
        .collect();
    for name in dropped {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn paths_are_below_the_base_and_stay_there() {
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

    #[test]
    fn what_is_about_the_connection_or_the_browser_is_not_forwarded() {
        let sent = headers(&[
            ("accept", "*/*"),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("prefer", "wait=20"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("host", "127.0.0.1:5555"),
            ("content-length", "3"),
            ("authorization", "Bearer of-the-page"),
            ("cookie", "of=another port"),
            ("origin", "http://127.0.0.1:5555"),
            ("referer", "http://127.0.0.1:5555/dashboard"),
            ("sec-fetch-site", "same-origin"),
            ("x-amz-security-token", "of-the-page"),
        ]);
        let expected = headers(&[
            ("accept", "*/*"),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("prefer", "wait=20"),
        ]);
        assert_eq!(forwarded(sent), expected);
    }

    #[test]
    fn other_sites_are_let_in_by_no_answer() {
        let answer = headers(&[
            ("content-type", "application/json"),
            ("connection", "close"),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "*"),
        ]);
        assert_eq!(answered(answer), headers(&[("content-type", "application/json")]));
    }
}
