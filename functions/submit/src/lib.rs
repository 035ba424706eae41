//! Submits a job, or returns how it would be cut: `POST /tasks`, and with the minimum distance as
//! its kernel `POST /compute_min_distance`. Describes what jobs may read: `GET /sources`.
//!
//! It is called by the HTTP API, or directly with a job: [`invocation`].

mod direct;
pub mod invocation;
mod submit;

use std::convert::Infallible;

use lambda_http::{Request, RequestExt, Response, http::StatusCode};
use pgfold_adapters::{Metrics, xray};
use pgfold_api::{
    self as api, MinDistanceRequest, PlannedChunk, Problem, Route, SourceList, SubmitRequest,
    server::{self, Estimate, parameters},
};
use pgfold_core::{Error, JobRequest, Query, Submitter};
use tracing::Instrument;

use crate::submit::{Asked, submit};

/// Answers a request to the API.
pub async fn handler(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    request: Request,
) -> Result<Response<String>, Infallible> {
    Ok(respond(submitter, metrics, &request).instrument(server::span()).await)
}

async fn respond(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    request: &Request,
) -> Response<String> {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let read: fn(&[u8]) -> Result<JobRequest, Error> = match Route::find(method, path, None) {
        Some(Route::SubmitJob) => |body| SubmitRequest::read(body)?.try_into(),
        Some(Route::SubmitMinDistance) => |body| MinDistanceRequest::read(body)?.try_into(),
        Some(Route::Sources) => {
            let answered = sources(submitter, request).await;
            return answered.unwrap_or_else(|error| server::error(Problem::SourcesUnknown, &error));
        }
        _ => return server::unknown_route(method, path),
    };
    let body = match server::json_body(request.headers(), request.body()) {
        Ok(body) => body,
        Err(unsupported) => return server::unsupported(Problem::NotSubmitted, &unsupported),
    };
    let answered = answer(submitter, metrics, request, || read(body)).await;
    answered.unwrap_or_else(|error| server::error(Problem::NotSubmitted, &error))
}

async fn sources(submitter: &Submitter<'_>, request: &Request) -> Result<Response<String>, Error> {
    parameters::none(request.query_string_parameters().iter())?;
    let described = submitter.catalogue.describe().await?;
    Ok(server::json(StatusCode::OK, &SourceList::from(described)))
}

async fn answer(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    request: &Request,
    read: impl FnOnce() -> Result<JobRequest, Error>,
) -> Result<Response<String>, Error> {
    let dry_run = parameters::dry_run(request.query_string_parameters().iter())?;
    // A wrong key is an error also where none is used.
    let key = parameters::idempotency_key(request.headers())?;
    let job_request = read()?;
    if dry_run {
        let planned = plan(submitter, &job_request).await?;
        return Ok(server::json_within(StatusCode::OK, planned, api::DryRun::shortened));
    }
    let header = request.headers().get(xray::REQUEST_HEADER);
    let trace = header.and_then(|header| xray::read(header.to_str().ok()?));
    let asked = Asked { request: job_request, key, trace, token: None };
    let answer = submit(submitter, metrics, asked).await?;
    Ok(server::json(StatusCode::OK, &answer))
}

async fn plan(submitter: &Submitter<'_>, request: &JobRequest) -> Result<api::DryRun, Error> {
    let pgfold_core::DryRun { computation, planned, piece } = submitter.dry_run(request).await?;
    let (plan, rows) = (planned.plan, planned.estimated_rows);
    let chunks = plan.len() - usize::from(plan.partitions());
    let estimate = Estimate::new(rows, chunks, piece, request.consistency, submitter.mappers);
    let chunks = plan.chunks();
    let chunks =
        chunks.map(|(chunk, range)| PlannedChunk { chunk: chunk.0, rows_of: (&range).into() });
    Ok(api::DryRun {
        status: "dry run".to_owned(),
        source: computation.source.name,
        query: (&computation.query).into(),
        output: computation.output.as_ref().map(|output| {
            let partitions = Some(plan.partitions()).filter(|partitions| *partitions > 0);
            api::Output { format: output.format.into(), parts: partitions }
        }),
        execution: request.execution.into(),
        consistency: request.consistency.into(),
        estimated_rows: rows,
        estimated_share: share(&computation.query, rows, planned.all_rows),
        index: planned.index,
        cut_by: computation.cut_by,
        estimated_seconds: estimate.seconds,
        estimated_cost_usd: estimate.cost_usd,
        connections: estimate.connections,
        chunks: Some(chunks.collect()),
        chunks_left_out: None,
        warnings: planned.warnings,
    })
}

/// Returns about which share of all rows meets the filter of a query, if it has one.
fn share(query: &Query, rows: u64, all_rows: u64) -> Option<f64> {
    let share = if all_rows == 0 { 0.0 } else { (rows as f64 / all_rows as f64).min(1.0) };
    (!query.filter.is_empty()).then_some(share)
}
