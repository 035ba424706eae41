//! Planning a job in a command: what it asks for, and what the server says about that.

use pgfold_api::{Condition, DryRun};
use reqwest::StatusCode;

use crate::{
    api::{Api, Asked},
    arguments::{AskedFiles, Job},
    document::Document,
    error::{Error, Result, tell},
    similar::of_sentence,
};

/// Plans a job as the server would now.
pub(super) async fn planned(
    api: &Api,
    job: &Job,
    files: Option<AskedFiles>,
    filter: &[Condition],
) -> Result<(Document, DryRun)> {
    let planned = api.dry_run(Asked { job, filter, files }).await;
    planned.map_err(|error| advised(error, job))
}

/// Adds what the user may have meant, or how to find what fits, to a refusal of the server.
pub(super) fn advised(error: Error, job: &Job) -> Error {
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
pub(super) fn check_names(job: &Job) -> Result<()> {
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

/// Writes the warnings of planning to stderr.
pub(super) fn warn(warnings: &[String]) {
    for warning in warnings {
        tell(&format!("warning: {warning}"));
    }
}
