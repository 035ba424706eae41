use http::{
    HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use pgfold_core::{Error, bounded};
use serde::Serialize;

use super::{Unsupported, fits};
use crate::{ErrorBody, Problem, VERSION_HEADER};

/// The state of a job changes, so no answer may be cached.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The version of every crate of the workspace, and so of the function.
const VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));

/// In how many seconds to send a request again that was answered 503.
const SOON: HeaderValue = HeaderValue::from_static("5");

/// Returns a response whose body is `body` as JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response<String> {
    line(body).map_or_else(unwritable, |text| respond(status, "application/json", text))
}

/// Returns the same; `None` if `body` is larger than [`LARGEST_ANSWER`](super::LARGEST_ANSWER).
pub fn json_that_fits(status: StatusCode, body: &impl Serialize) -> Option<Response<String>> {
    match line(body) {
        Ok(text) => fits(&text).then(|| respond(status, "application/json", text)),
        Err(error) => Some(unwritable(error)),
    }
}

/// Returns the same as [`json`], with the body that `shorten` makes if `body` is larger than
/// [`LARGEST_ANSWER`](super::LARGEST_ANSWER).
pub fn json_within<T: Serialize>(
    status: StatusCode,
    body: T,
    shorten: impl FnOnce(T) -> T,
) -> Response<String> {
    json_that_fits(status, &body).unwrap_or_else(|| json(status, &shorten(body)))
}

/// Returns a response whose body is JSON already.
pub fn json_text(body: &str) -> Response<String> {
    respond(StatusCode::OK, "application/json", body.to_owned())
}

/// Returns a response with a body of plain text.
pub fn text(status: StatusCode, body: &str) -> Response<String> {
    respond(status, "text/plain; charset=utf-8", body.to_owned())
}

/// Returns a page of HTML. `policy` is its Content-Security-Policy.
pub fn html(body: &str, policy: &str) -> Response<String> {
    let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", body.to_owned());
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Returns a response without a body.
pub fn no_content() -> Response<String> {
    bare(StatusCode::NO_CONTENT, String::new())
}

/// Returns the response for an error of core: an [`ErrorBody`] with the status that tells whose
/// fault it is. Logs an error of the server.
pub fn error(problem: Problem, error: &Error) -> Response<String> {
    let code = status(problem, error);
    let mut response = json(code, &ErrorBody::new(problem, bounded(error)));
    if code == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, SOON);
    }
    response
}

/// Returns the status of an error of core, which tells whose fault it is. Logs an error of the
/// server.
pub fn status(problem: Problem, error: &Error) -> StatusCode {
    let code = status_code(error);
    if code.is_server_error() {
        tracing::error!(error = error.with_causes(), "{}", problem.status());
    }
    code
}

/// Returns the response to a body that cannot be read, with the header that says what can be.
pub fn unsupported(problem: Problem, unsupported: &Unsupported) -> Response<String> {
    let body = ErrorBody::new(problem, unsupported.to_string());
    let mut response = json(StatusCode::UNSUPPORTED_MEDIA_TYPE, &body);
    let (name, value) = unsupported.supported();
    response.headers_mut().insert(name, value);
    response
}

/// Returns the response to a request for a route that the function does not have.
pub fn unknown_route(method: &str, path: &str) -> Response<String> {
    let why = bounded(format!("there is no route {method} {path}"));
    json(StatusCode::NOT_FOUND, &ErrorBody::new(Problem::RouteUnknown, why))
}

/// Returns whose fault an error is, and whether a repetition may help.
fn status_code(error: &Error) -> StatusCode {
    match error {
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::AlreadyExists(_)
        | Error::AlreadyCompleted(_)
        | Error::Ended { .. }
        | Error::OtherPlan(_) => StatusCode::CONFLICT,
        Error::Unavailable { .. }
        | Error::TimedOut { .. }
        | Error::OtherSource(_)
        | Error::OtherVersion { .. }
        | Error::SnapshotGone(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Misconfigured(_)
        | Error::Kernel { .. }
        | Error::TooManyGroupsOfJob { .. }
        | Error::PartialsTooLarge { .. }
        | Error::Corrupt { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn line(body: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(body).map(|text| text + "\n")
}

/// Returns the response in place of a body that is not JSON, which none of ours is.
fn unwritable(error: serde_json::Error) -> Response<String> {
    tracing::error!(%error, "an answer cannot be written as JSON");
    respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", String::new())
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<String> {
    let mut response = bare(status, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Returns a response with the headers of every response.
fn bare(status: StatusCode, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(VERSION_HEADER, VERSION);
    response
}
