//! Submitting a job, whoever asks for it.

use pgfold_adapters::{Metric, Metrics, Subject, new_job_id, xray};
use pgfold_api::{self as api, server};
use pgfold_core::{Error, IdempotencyKey, JobRequest, Submitted, Submitter, TaskToken, Trace};

/// What a caller asks for.
pub(crate) struct Asked {
    /// The job.
    pub(crate) request: JobRequest,
    /// The key with which the request may be repeated.
    pub(crate) key: Option<IdempotencyKey>,
    /// The trace that the request belongs to.
    pub(crate) trace: Option<Trace>,
    /// The token by which a workflow waits for the job.
    pub(crate) token: Option<TaskToken>,
}

/// Submits a job in the trace of the request, or in a trace of its own if the request has none.
/// Returns what the caller is answered.
pub(crate) async fn submit(
    submitter: &Submitter<'_>,
    metrics: &Metrics,
    asked: Asked,
) -> Result<api::Submitted, Error> {
    let Submitted { job, held_ms, started } = start(submitter, asked).await?;
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

async fn start(submitter: &Submitter<'_>, asked: Asked) -> Result<Submitted, Error> {
    let Asked { request, key, trace, token } = asked;
    let job_id = new_job_id();
    let trace = trace.unwrap_or_else(|| xray::trace_of_job(job_id));
    server::of_trace(&trace.id);
    let Some(key) = key else {
        server::about_job(job_id);
        return submitter.submit(job_id, trace, request, token).await;
    };
    let claim = submitter.claim(&key, job_id, request).await?;
    server::about_job(claim.job_id);
    let own = trace.id.clone();
    let submitted = submitter.submit_claimed(claim, trace, token).await?;
    // The key may have had a job already, of another trace.
    if submitted.job.trace.id != own {
        server::of_trace(&submitted.job.trace.id);
    }
    Ok(submitted)
}
