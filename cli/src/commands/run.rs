//! `pgfold run`

use std::io::{self, Write};

use pgfold_api::{State, Submitted};
use reqwest::StatusCode;
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
    similar::of_sentence,
    wait::Retry,
};

pub(crate) async fn run(api: &Api, json: bool, job: &Run) -> Result<Exit> {
    if job.dry_run {
        let planned = api.dry_run(job).await;
        let (document, plan) = planned.map_err(|error| advised(error, job))?;
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

/// Adds what the user may have meant, or how to find what fits, to a refusal of the server.
fn advised(error: Error, job: &Run) -> Error {
    let Error::Answered { status: StatusCode::BAD_REQUEST, sentence, .. } = &error else {
        return error;
    };
    if let Some(meant) = of_sentence(sentence) {
        return error.hint(meant);
    }
    // The columns that the server chose do not fit the kernel, or the kernel that it chose.
    let is_about_columns = ["the kernel reads ", "column "].iter();
    if !job.columns.is_empty() || !is_about_columns.clone().any(|start| sentence.starts_with(start))
    {
        return error;
    }
    error.hint(match job.kernel {
        None => {
            "`pgfold sources` lists what can be read, and --kernel with --column says what to \
             compute over which columns"
        }
        Some(_) => {
            "`pgfold sources` lists what can be read, and --column says which columns to read"
        }
    })
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
        error => advised(error, job),
    })
}
