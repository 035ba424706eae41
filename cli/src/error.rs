//! The errors of the CLI, each in one sentence.

use std::{
    error::Error as StdError,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use reqwest::StatusCode;
use thiserror::Error as ThisError;

use crate::{
    document::Document, download::Failure, exit::Exit, output, similar::of_sentence, text::clean,
};

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, ThisError)]
pub(crate) enum Error {
    /// No request can be sent.
    #[error("{0}")]
    Usage(String),
    /// No connection, so the server received no request.
    #[error("cannot reach {url}: {why}{hint}")]
    Unreachable { url: String, why: String, hint: &'static str },
    /// The server may have received the request.
    #[error("no answer to {request}: {why}")]
    Unanswered { request: String, why: String },
    /// A status other than success; `sentence` is from the server.
    #[error("{sentence} ({} from {request})", .status.as_u16())]
    Answered { request: String, status: StatusCode, sentence: String, document: Option<Document> },
    /// Success, but the body is not one of pgfold's API.
    #[error("{request} did not answer as pgfold does: {why}; is the URL right?")]
    Unreadable { request: String, why: String },
    /// An error with a hint.
    #[error("{error}; {hint}")]
    Hinted { error: Box<Error>, hint: String },
    /// A part of a result is not there.
    #[error("part {number} of {job_id} is not downloaded: {failure}")]
    Download { job_id: String, number: usize, failure: Failure },
    /// An answer that the API could not send is not there.
    #[error("the answer of {job_id} is not downloaded: {failure}")]
    Answer { job_id: String, failure: Failure },
    /// A file or directory cannot be written.
    #[error("cannot write {path}: {why}")]
    Unwritable { path: String, why: String },
    #[error("cannot write to stdout: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// Makes the error of a request without an answer.
    pub(crate) fn of_transport(
        error: &reqwest::Error,
        request: String,
        url: &reqwest::Url,
        timeout: Duration,
    ) -> Self {
        let why = why_lost(error, timeout);
        if error.is_connect() {
            let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            let refused = why == io::ErrorKind::ConnectionRefused.to_string();
            let hint = if local && refused { "; is the stack up? `make up`" } else { "" };
            Self::Unreachable { url: url.to_string(), why, hint }
        } else {
            Self::Unanswered { request, why }
        }
    }

    /// Makes the error of a file or directory that cannot be written.
    pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::Unwritable { path: path.display().to_string(), why: error.kind().to_string() }
    }

    /// Makes the error of a part that is not downloaded.
    pub(crate) fn download(job_id: &str, number: usize, failure: Failure) -> Self {
        Self::Download { job_id: job_id.to_owned(), number, failure }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self::Hinted { error: Box::new(self), hint: hint.into() }
    }

    /// Adds the name that the user may have meant to a refusal that quotes another.
    pub(crate) fn suggest(self) -> Self {
        let Self::Answered { status: StatusCode::BAD_REQUEST, sentence, .. } = &self else {
            return self;
        };
        match of_sentence(sentence) {
            Some(meant) => self.hint(meant),
            None => self,
        }
    }

    /// Returns whether the same request may succeed a little later.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Unanswered { .. } | Self::Unreadable { .. } => true,
            Self::Answered { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::Hinted { error, .. } => error.is_retryable(),
            // Downloads repeat what may succeed by themselves.
            Self::Usage(_)
            | Self::Output(_)
            | Self::Unwritable { .. }
            | Self::Download { .. }
            | Self::Answer { .. } => false,
        }
    }

    /// Returns whether the error leaves the state of the job unknown.
    pub(crate) fn leaves_job_unknown(&self) -> bool {
        match self {
            Self::Answered { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => true,
            Self::Hinted { error, .. } => error.leaves_job_unknown(),
            Self::Usage(_) => true,
            _ => self.is_retryable(),
        }
    }

    /// Writes the error to stderr and, if `json`, the server's document to stdout.
    pub(crate) fn tell(&self, json: bool) -> Exit {
        if let (true, Some(document)) = (json, self.document()) {
            // The error itself is more important than a failure to write it.
            let _ = output::document(document);
        }
        // A reader that closed stdout needs no error about it.
        if !matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            tell(&self.to_string());
        }
        self.exit()
    }

    fn document(&self) -> Option<&Document> {
        match self {
            Self::Answered { document, .. } => document.as_ref(),
            Self::Hinted { error, .. } => error.document(),
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Unreachable { .. } | Self::Unanswered { .. } | Self::Unreadable { .. } => {
                Exit::Unreachable
            }
            Self::Answered { status: StatusCode::NOT_FOUND, .. } => Exit::NotFound,
            Self::Answered { status, .. } if status.is_client_error() => Exit::Refused,
            Self::Answered { .. } => Exit::Unreachable,
            Self::Hinted { error, .. } => error.exit(),
            Self::Download { failure, .. } | Self::Answer { failure, .. } => match failure {
                Failure::Gone => Exit::NotFound,
                Failure::Refused(_) => Exit::Refused,
                Failure::Lost(_) | Failure::Damaged(_) | Failure::Unsafe(_) => Exit::Unreachable,
            },
            Self::Output(_) | Self::Unwritable { .. } => Exit::Unwritable,
        }
    }
}

/// Writes a sentence to stderr.
pub(crate) fn tell(sentence: &str) {
    // A failure to write to stderr cannot be reported.
    let _ = writeln!(io::stderr(), "pgfold: {}", clean(sentence));
}

/// Returns why a request has no answer within `timeout`, or only a part of one.
pub(crate) fn why_lost(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() && !error.is_connect() {
        format!("none within {:.1} s", timeout.as_secs_f64())
    } else {
        root_cause(error)
    }
}

/// Returns the text of the innermost source: the outer ones name their layer, not the reason.
pub(crate) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let root = std::iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error);
    match root.downcast_ref::<io::Error>().map(io::Error::kind) {
        // Its own text ends in the number of the operating system.
        Some(kind) if root.to_string().contains("(os error") => kind.to_string(),
        _ => root.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Error {
        Error::Answered {
            request: "GET http://host/tasks".to_owned(),
            status: StatusCode::from_u16(status).unwrap(),
            sentence: "no".to_owned(),
            document: None,
        }
    }

    #[test]
    fn an_http_status_is_an_exit_code() {
        let statuses = [302, 400, 404, 409, 410, 429, 500, 503];
        let codes = statuses.map(|status| answered(status).exit() as u8);
        assert_eq!(codes, [5, 7, 4, 7, 7, 7, 5, 5]);
    }

    #[test]
    fn server_errors_are_retryable_and_refusals_are_not() {
        let is_retryable =
            [400, 404, 409, 429, 500, 503].map(|status| answered(status).is_retryable());
        assert_eq!(is_retryable, [false, false, false, true, true, true]);
        assert!(answered(503).hint("once more").is_retryable());
    }

    #[test]
    fn an_error_is_one_sentence_with_what_and_where() {
        let told = answered(409).hint("so there").to_string();
        assert_eq!(told, "no (409 from GET http://host/tasks); so there");
    }
}
