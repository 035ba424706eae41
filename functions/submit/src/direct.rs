//! A direct invocation: a job, as EventBridge Scheduler, Step Functions or `aws lambda invoke` ask
//! for it.

use lambda_http::{http::StatusCode, lambda_runtime::Diagnostic};
use pgfold_adapters::{Metrics, xray};
use pgfold_api::{self as api, Problem, SubmitRequest, server};
use pgfold_core::{Error, IdempotencyKey, Submitter, TaskToken, bounded};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::Instrument;

use crate::submit::{Asked, submit};

/// The payload of a direct invocation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectRequest<'a> {
    /// The body of `POST /tasks`, which has its own reader.
    #[serde(borrow)]
    job: &'a RawValue,
    /// The text of an `Idempotency-Key`: invocations with the same one start one job.
    idempotency_key: Option<String>,
    /// The token by which a state machine waits for the end of the job.
    task_token: Option<String>,
}

impl<'a> DirectRequest<'a> {
    fn read(payload: &'a RawValue) -> Result<Self, Error> {
        // Without this serde would read the fields from a list.
        if !payload.get().starts_with('{') {
            return Err(Error::Invalid(format!("{EXPECTED}; it is not an object")));
        }
        serde_json::from_str(payload.get())
            .map_err(|error| Error::Invalid(format!("{EXPECTED}; {error}")))
    }
}

const EXPECTED: &str = "an invocation is {\"job\": {…}, \"idempotency_key\": \"…\", \"task_token\": \
                        \"…\"}, with a job as POST /tasks takes it, and perhaps a key and a token";

/// Why a direct invocation started no job.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    kind: Kind,
    sentence: String,
}

/// What the caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Correct the request: the same one fails again.
    Invalid,
    /// Send the same request again a little later.
    Unavailable,
    /// Have the deployment mended: the same request fails until then.
    Failed,
}

impl Kind {
    /// The `errorType` of the function error, for `Retry` and `Catch` of Step Functions.
    const fn error_type(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid",
            Self::Unavailable => "Unavailable",
            Self::Failed => "Failed",
        }
    }
}

impl Failure {
    /// Makes the failure of an error, with the sentence of the API. Logs an error of the deployment.
    fn new(error: &Error) -> Self {
        let status = server::status(Problem::NotSubmitted, error);
        let kind = match status {
            _ if status.is_client_error() => Kind::Invalid,
            StatusCode::SERVICE_UNAVAILABLE => Kind::Unavailable,
            _ => Kind::Failed,
        };
        Self { kind, sentence: bounded(error) }
    }

    /// Makes the failure of a request to the API that cannot be read.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        Self { kind: Kind::Invalid, sentence: bounded(error) }
    }

    /// Makes the failure of an answer that cannot be written, which none of ours is.
    pub(crate) fn unwritable(error: &serde_json::Error) -> Self {
        Self { kind: Kind::Failed, sentence: bounded(error) }
    }
}

impl From<Failure> for Diagnostic {
    fn from(Failure { kind, sentence }: Failure) -> Self {
        Self { error_type: kind.error_type().to_owned(), error_message: sentence }
    }
}

/// Submits the job of a payload, in the trace of the invocation if it has one.
pub(crate) async fn handler(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    payload: &RawValue,
    trace: Option<&str>,
) -> Result<api::Submitted, Failure> {
    let answered = answer(submitter, metrics, payload, trace).instrument(server::span()).await;
    answered.map_err(|error| Failure::new(&error))
}

async fn answer(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    payload: &RawValue,
    trace: Option<&str>,
) -> Result<api::Submitted, Error> {
    let request = DirectRequest::read(payload)?;
    let key = request.idempotency_key.as_deref().map(IdempotencyKey::new).transpose()?;
    let token = request.task_token.map(TaskToken::new).transpose()?;
    let request = SubmitRequest::read(request.job.get().as_bytes())?.try_into()?;
    let asked = Asked { request, key, trace: trace.and_then(xray::read), token };
    submit(submitter, metrics, asked).await
}
