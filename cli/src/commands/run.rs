//! `pgfold run`

use std::io::{self, Write};

use pgfold_api::Submitted;
use tokio::select;

use crate::{
    api::{Api, Asked},
    arguments::{AskedFiles, Run},
    commands::{
        conditions::conditions,
        finish::finish,
        plan::{advised, check_names, planned, warn},
        write::write,
    },
    document::Document,
    download::Target,
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    render,
    wait::Retry,
};

pub(crate) async fn run(api: &Api, json: bool, run: &Run) -> Result<Exit> {
    check_names(&run.job)?;
    let files = run.job.files.asked(run.output.as_deref())?;
    if run.dry_run {
        let filter = conditions(api, &run.job).await?;
        let (document, plan) = planned(api, &run.job, files, &filter).await?;
        write(json, &document, || render::dry_run(&plan))?;
        warn(&plan.warnings);
        return Ok(Exit::Done);
    }
    // Before the job costs anything.
    let target = match (&run.output, files) {
        (Some(output), Some(files)) => Some(Target::new(output, files.format)?),
        _ => None,
    };
    let submitted = select! {
        biased;
        () = interrupted() => None,
        submitted = submit(api, run, files) => Some(submitted?),
    };
    let Some((document, Submitted { task_id, chunks: count, warnings, .. })) = submitted else {
        tell("interrupted; it is not known whether the job was submitted, see `pgfold list`");
        return Ok(Exit::Interrupted);
    };
    let (job_id, count) = (task_id.0, u64::from(count));
    warn(&warnings);
    if run.no_wait {
        write(json, &document, || render::submitted(&job_id, count))?;
        return Ok(Exit::Done);
    }
    if !json {
        // Writes the job's id now, so that it is known whatever follows.
        let _ = io::stderr().write_all(render::submitted(&job_id, count).as_bytes());
    }
    finish(api, json, &job_id, &run.answer, target, Some(&document)).await
}

/// Submits a job. A lost request is repeated only with an idempotency key, which prevents a second
/// job.
async fn submit(api: &Api, run: &Run, files: Option<AskedFiles>) -> Result<(Document, Submitted)> {
    let (job, key) = (&run.job, run.idempotency_key.as_deref());
    let mut retry = Retry::default();
    let filter = match key {
        Some(_) => retry.ask(async || conditions(api, job).await, |_| ()).await?,
        None => conditions(api, job).await?,
    };
    let asked = Asked { job, filter: &filter, files };
    let submitted = match key {
        Some(_) => retry.ask(async || api.submit(asked, key).await, |_| ()).await,
        None => api.submit(asked, None).await,
    };
    submitted.map_err(|error| match error {
        Error::Unanswered { .. } | Error::Unreadable { .. } => {
            error.hint("it is not known whether the job was submitted, see `pgfold list`")
        }
        error => advised(error, job),
    })
}
