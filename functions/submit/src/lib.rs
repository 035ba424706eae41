//! Submits a job, or says how it would be cut: `POST /tasks`, and with the minimum distance for its
//! kernel `POST /compute_min_distance`.

use std::convert::Infallible;

use lambda_http::{Request, RequestExt, Response, http::StatusCode};
use pgfold_adapters::{Metric, Metrics, Subject, http, new_job_id};
use pgfold_core::{DryRun, Error, IdempotencyKey, JobRequest, Submitted, Submitter, Trace};
use serde_json::{Value, json};
use tracing::Instrument;

/// The status of an answer to a request that started no job, in the demo's words.
const NOT_SUBMITTED: &str = "task not submitted";

/// Answers a request to the API.
///
/// API Gateway has matched the path, to which stages and custom domains add their prefixes; its end
/// is left to tell the routes apart.
pub async fn handler(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    request: Request,
) -> Result<Response<String>, Infallible> {
    let respond = async {
        let body = match http::json_body(request.headers(), request.body()) {
            Ok(body) => body,
            Err(unsupported) => return http::unsupported(NOT_SUBMITTED, &unsupported),
        };
        match answer(submitter, metrics, &request, body).await {
            Ok(answer) => http::json_within(StatusCode::OK, answer, without_chunks),
            Err(error) => http::error(NOT_SUBMITTED, &error),
        }
    };
    Ok(respond.instrument(http::span()).await)
}

async fn answer(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    request: &Request,
    body: &[u8],
) -> Result<Value, Error> {
    let (dry_run, key) = (dry_run(request)?, idempotency_key(request)?);
    let job_request = match request.uri().path().ends_with("/tasks") {
        true => JobRequest::of_task(body)?,
        false => JobRequest::of_min_distance(body)?,
    };
    if dry_run {
        return plan(submitter, &job_request).await;
    }
    let trace = http::trace(request.headers());
    let Submitted { job, held_ms, started } =
        submit(submitter, key.as_ref(), trace, job_request).await?;
    let (job_id, trace_id) = (job.job_id, job.trace().id);
    tracing::info!(chunks = job.chunks, started, "task submitted");
    if started {
        let subject = Subject { job_id, trace_id, chunk: None };
        metrics.count(submitter.clock.now(), &[(Metric::JobsSubmitted, 1)], subject);
    }
    let mut answer = json!({
        "status": "task submitted",
        "task_id": job_id,
        "chunks": job.chunks,
        "trace_id": trace_id,
    });
    if let Some(held_ms) = held_ms {
        answer["snapshot_held_ms"] = held_ms.into();
    }
    warn(&mut answer, &job.warnings);
    Ok(answer)
}

/// Adds what whoever submits should know of the plan.
fn warn(answer: &mut Value, warnings: &[String]) {
    if !warnings.is_empty() {
        answer["warnings"] = json!(warnings);
    }
}

/// Whether the request only wants to know: `?dry_run=true`.
fn dry_run(request: &Request) -> Result<bool, Error> {
    let given = request.query_string_parameters();
    let words = [("true", true), ("", true), ("false", false)];
    Ok(http::Query::new(&given, &["dry_run"])?.word("dry_run", &words)?.unwrap_or_default())
}

/// What the caller calls the request, if it does: wrong names are refused also where none is used.
fn idempotency_key(request: &Request) -> Result<Option<IdempotencyKey>, Error> {
    let mut keys = request.headers().get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    if keys.next().is_some() {
        return Err(Error::Invalid("a request has one Idempotency-Key, not more".to_owned()));
    }
    let unreadable = |_| Error::Invalid("an Idempotency-Key has ASCII characters".to_owned());
    IdempotencyKey::new(key.to_str().map_err(unreadable)?).map(Some)
}

/// Submits a job in the trace of the request; where that is of none, in one of its own.
async fn submit(
    submitter: &Submitter<'_>,
    key: Option<&IdempotencyKey>,
    trace: Option<Trace>,
    request: JobRequest,
) -> Result<Submitted, Error> {
    let job_id = new_job_id();
    let trace = trace.unwrap_or_else(|| Trace::of_job(job_id));
    http::of_trace(trace.id);
    let Some(key) = key else {
        http::about_job(job_id);
        return submitter.submit(job_id, trace, request).await;
    };
    let claim = submitter.claim(key, job_id, request).await?;
    http::about_job(claim.job_id);
    let submitted = submitter.submit_claimed(claim, trace).await?;
    // The key may have had a job already, of another trace.
    let traced = submitted.job.trace().id;
    if traced != trace.id {
        http::of_trace(traced);
    }
    Ok(submitted)
}

async fn plan(submitter: &Submitter<'_>, request: &JobRequest) -> Result<Value, Error> {
    let DryRun { computation, planned, estimate } = submitter.dry_run(request).await?;
    let chunks = planned.plan.chunks();
    let chunks = chunks.map(|(chunk, range)| Value::Object(http::chunk(chunk, &range)));
    let mut answer = json!({
        "status": "dry run",
        "source": computation.source.name,
        "kernel": computation.kernel.name,
        "columns": computation.columns,
        "execution": request.execution,
        "consistency": request.consistency,
        "estimated_rows": planned.estimated_rows,
        "estimated_seconds": estimate.seconds,
        "estimated_cost_usd": estimate.cost_usd,
        "connections": estimate.connections,
        "chunks": chunks.collect::<Vec<_>>(),
    });
    warn(&mut answer, &planned.warnings);
    Ok(answer)
}

/// The answer to a dry run whose chunks do not fit in it.
fn without_chunks(mut answer: Value) -> Value {
    if let Some(Value::Array(chunks)) = answer.get_mut("chunks").map(Value::take) {
        let (count, most) = (chunks.len(), http::LARGEST_ANSWER);
        answer["chunks_left_out"] = json!(format!(
            "an answer has at most {most} bytes, and {count} chunks need more; ask for fewer to \
             see them"
        ));
    }
    if let Value::Object(fields) = &mut answer {
        fields.shift_remove("chunks");
    }
    answer
}
