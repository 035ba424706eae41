//! Submitting a job, whoever asks for it.

use pgfold_adapters::{Metric, Metrics, Subject, new_job_id, xray};
use pgfold_api::{self as api, server};
use pgfold_core::{Error, IdempotencyKey, JobRequest, Submitted, Submitter, Trace};

/// Submits a job in the trace of the request, or in a trace of its own if the request has none.
/// Returns what the caller is answered.
pub(crate) async fn submit(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    key: Option<&IdempotencyKey>,
    trace: Option<Trace>,
    request: JobRequest,
) -> Result<api::Submitted, Error> {
    let Submitted { job, held_ms, started } = start(submitter, key, trace, request).await?;
    let (job_id, chunks, trace_id) = (job.job_id, job.source_chunks(), job.trace.id);
    tracing::info!(chunks, started, "task submitted");
    if started {
        let subject = Subject { job_id, trace_id: trace_id.clone(), chunk: None };
        metrics.count(submitter.clock.now(), &[(Metric::JobsSubmitted, 1)], subject);
    }
    Ok(api::Submitted {
        status: "task submitted".to_owned(),
        task_id: job_id.into(),
        chunks,
        trace_id: trace_id.into(),
        snapshot_held_ms: held_ms,
        warnings: job.warnings,
    })
}

async fn start(
    submitter: &Submitter<'_>,
    key: Option<&IdempotencyKey>,
    trace: Option<Trace>,
    request: JobRequest,
) -> Result<Submitted, Error> {
    let job_id = new_job_id();
    let trace = trace.unwrap_or_else(|| xray::trace_of_job(job_id));
    server::of_trace(&trace.id);
    let Some(key) = key else {
        server::about_job(job_id);
        return submitter.submit(job_id, trace, request).await;
    };
    let claim = submitter.claim(key, job_id, request).await?;
    server::about_job(claim.job_id);
    let own = trace.id.clone();
    let submitted = submitter.submit_claimed(claim, trace).await?;
    // The key may have had a job already, of another trace.
    if submitted.job.trace.id != own {
        server::of_trace(&submitted.job.trace.id);
    }
    Ok(submitted)
}
