//! `pgfold run`

use std::io::{self, Write};

use pgfold_api::{State, Submitted};
use reqwest::StatusCode;
use tokio::select;

use crate::{
    api::{Api, Asked, Chunks},
    arguments::{AskedFiles, Run},
    commands::{
        conditions::conditions,
        ended::ended,
        save::save,
        write::{write, write_csv},
    },
    document::Document,
    download::Target,
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    output, render,
    similar::of_sentence,
    wait::Retry,
};

pub(crate) async fn run(api: &Api, json: bool, job: &Run) -> Result<Exit> {
    check_names(job)?;
    let files = job.files.asked()?;
    if job.dry_run {
        let filter = conditions(api, job).await?;
        let planned = api.dry_run(Asked { job, filter: &filter, files }).await;
        let (document, plan) = planned.map_err(|error| advised(error, job))?;
        write(json, &document, || render::dry_run(&plan))?;
        warn(&plan.warnings);
        return Ok(Exit::Done);
    }
    // Before the job costs anything.
    let target = match (&job.files.output, files) {
        (Some(output), Some(files)) => Some(Target::new(output, files.format)?),
        _ => None,
    };
    let submitted = select! {
        biased;
        () = interrupted() => None,
        submitted = submit(api, job, files) => Some(submitted?),
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
    let (document, mut detail) = match ended(api, json, chunks, &job_id, Some(&document)).await? {
        Ok(ended) => ended,
        Err(exit) => return Ok(exit),
    };
    let is_completed = detail.job.state == State::Completed;
    if let Some(target) = target.filter(|_| is_completed) {
        let Some(files) = &detail.files else {
            let why = "the job has completed without files".to_owned();
            return Err(Error::Unreadable { request: job_id, why });
        };
        return save(api, json, files, target, (&document, &detail)).await;
    }
    if job.csv && is_completed {
        write_csv(&mut detail, |detail| render::answer(detail, None))?;
    } else if json || is_completed {
        write(json, &document, || render::answer(&detail, output::width()))?;
    }
    let state = &detail.job.state;
    if !is_completed {
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
    if sentence.ends_with("by \"as\"") {
        return error.hint("NAME=COLUMN names a column of --group-by");
    }
    if sentence.starts_with("the kernel rows writes files") {
        return error.hint("--output FILE downloads them, --format says the format alone");
    }
    // The columns that the server chose do not fit the kernel, or the kernel that it chose.
    let is_about_columns = ["the kernel reads ", "column "].iter();
    if job.has_columns() || !is_about_columns.clone().any(|start| sentence.starts_with(start)) {
        return error;
    }
    error.hint(match job.kernel {
        None if !job.compute.is_empty() => {
            "`pgfold sources` lists what can be read, and --compute NAME=KERNEL:COLUMN says which \
             columns to read"
        }
        None => {
            "`pgfold sources` lists what can be read, and --kernel with --column says what to \
             compute over which columns"
        }
        Some(_) => {
            "`pgfold sources` lists what can be read, and --column says which columns to read"
        }
    })
}

/// Checks that each kernel of `--compute` has a name of its own, by which its answer is known.
fn check_names(job: &Run) -> Result<()> {
    let names = job.compute.iter().map(|named| &named.name);
    let twice = names
        .clone()
        .enumerate()
        .find(|(place, name)| names.clone().take(*place).any(|known| known == *name));
    match twice {
        None => Ok(()),
        Some((_, name)) => Err(Error::Usage(format!(
            "--compute has two kernels of the name {name:?}; each needs a name of its own"
        ))),
    }
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        tell(&format!("warning: {warning}"));
    }
}

/// Submits a job. A lost request is repeated only with an idempotency key, which prevents a second
/// job.
async fn submit(api: &Api, job: &Run, files: Option<AskedFiles>) -> Result<(Document, Submitted)> {
    let mut retry = Retry::default();
    let repeats = job.idempotency_key.is_some();
    let filter = match repeats {
        true => retry.ask(async || conditions(api, job).await, |_| ()).await?,
        false => conditions(api, job).await?,
    };
    let asked = Asked { job, filter: &filter, files };
    let submitted = match repeats {
        true => retry.ask(async || api.submit(asked).await, |_| ()).await,
        false => api.submit(asked).await,
    };
    submitted.map_err(|error| match error {
        Error::Unanswered { .. } | Error::Unreadable { .. } => {
            error.hint("it is not known whether the job was submitted, see `pgfold list`")
        }
        error => advised(error, job),
    })
}
