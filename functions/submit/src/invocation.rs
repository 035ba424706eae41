//! What the function is invoked with: a request to the HTTP API, or a job itself.

use lambda_http::{
    Adapter, Service, lambda_runtime::LambdaEvent, request::LambdaRequest, service_fn,
};
use pgfold_adapters::Metrics;
use pgfold_core::Submitter;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::value::{RawValue, to_raw_value};

use crate::direct;
pub use crate::direct::Failure;

/// Answers an invocation: a request to the API with a response, a job with the body of one.
///
/// # Errors
/// [`Failure`] if a direct invocation started no job, or the payload is of neither form.
pub async fn handler(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, Failure> {
    let LambdaEvent { payload, context } = event;
    if !is_http(&payload) {
        let trace = context.xray_trace_id.as_deref();
        return written(&direct::handler(submitter, metrics, &payload, trace).await?);
    }
    let request: LambdaRequest =
        serde_json::from_str(payload.get()).map_err(|error| Failure::unreadable(&error))?;
    let mut api = Adapter::from(service_fn(|request| crate::handler(submitter, metrics, request)));
    match api.call(LambdaEvent::new(request, context)).await {
        Ok(response) => written(&response),
    }
}

/// Returns whether a payload is a request to the API: those have a context, and no job has.
fn is_http(payload: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Request {
        #[serde(rename = "requestContext")]
        _context: IgnoredAny,
    }
    serde_json::from_str::<Request>(payload.get()).is_ok()
}

fn written(answer: &impl Serialize) -> Result<Box<RawValue>, Failure> {
    to_raw_value(answer).map_err(|error| Failure::unwritable(&error))
}
