//! `pgfold run`

use std::io::{self, Write};

use pgfold_api::{State, Submitted};
use tokio::select;

use crate::{
    api::{Api, Chunks},
    arguments::Run,
    commands::{ended::ended, write::write},
    document::Document,
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    render,
    wait::Retry,
};

pub(crate) async fn run(api: &Api, json: bool, job: &Run) -> Result<Exit> {
    if job.dry_run {
        let (document, plan) = api.dry_run(job).await?;
        write(json, &document, || render::dry_run(&plan))?;
        warn(&plan.warnings);
        return Ok(Exit::Done);
    }
    let submitted = select! {
        biased;
        () = interrupted() => None,
        submitted = submit(api, job) => Some(submitted?),
    };
    let Some((document, Submitted { task_id, chunks: count, warnings, .. })) = submitted else {
        tell("interrupted; it is not known whether the job was submitted, see `pgfold list`");
        return Ok(Exit::Interrupted);
    };
    let (job_id, count) = (task_id.0, u64::from(count));
    warn(&warnings);
    if job.no_wait {
        write(json, &document, || render::submitted(&job_id, count))?;
        return Ok(Exit::Done);
    }
    if !json {
        // Writes the job's id now, so that it is known whatever follows.
        let _ = io::stderr().write_all(render::submitted(&job_id, count).as_bytes());
    }

    let chunks = Chunks::shown(json, job.no_receipts);
    let (document, detail) = match ended(api, json, chunks, &job_id, Some(&document)).await? {
        Ok(ended) => ended,
        Err(exit) => return Ok(exit),
    };
    let state = &detail.job.state;
    if json || *state == State::Completed {
        write(json, &document, || render::answer(&detail))?;
    }
    if *state != State::Completed {
        tell(&render::misfortune(&job_id, &detail));
    }
    Ok(Exit::from(state))
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        tell(&format!("warning: {warning}"));
    }
}

/// Submits a job. A lost request is repeated only with an idempotency key, which prevents a second
/// job.
async fn submit(api: &Api, job: &Run) -> Result<(Document, Submitted)> {
    let submitted = match job.idempotency_key {
        Some(_) => Retry::default().ask(async || api.submit(job).await, |_| ()).await,
        None => api.submit(job).await,
    };
    submitted.map_err(|error| match error {
        Error::Unanswered { .. } | Error::Unreadable { .. } => {
            error.hint("it is not known whether the job was submitted, see `pgfold list`")
        }
        error => error,
    })
}
