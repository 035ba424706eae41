//! Downloading files in a command.

use pgfold_api::{Files, JobDetail};
use tokio::select;

use crate::{
    api::Api,
    commands::write::{write, write_saved},
    deadline::deadline,
    document::Document,
    download::{Saved, Target, download},
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    progress::Progress,
    render,
};

/// Downloads the files of a completed job, and writes what was saved: to stderr if the files are on
/// stdout. `document` is the job as the server has it.
pub(super) async fn save(
    api: &Api,
    json: bool,
    files: &Files,
    target: Target,
    (document, detail): (&Document, &JobDetail),
) -> Result<Exit> {
    let is_stdout = target.is_stdout();
    let saved = match downloaded(api, json, &detail.job.task_id.0, files, target).await? {
        Ok(saved) => saved,
        Err(exit) => return Ok(exit),
    };
    let text = render::saved(detail, files, &saved);
    match is_stdout {
        true => write_saved(&text),
        false => write(json, document, || text)?,
    }
    Ok(Exit::Done)
}

/// Downloads the files of a completed job. If there was no time for all of them, writes that to
/// stderr and returns the exit code.
async fn downloaded(
    api: &Api,
    json: bool,
    job_id: &str,
    files: &Files,
    target: Target,
) -> Result<Result<Saved, Exit>> {
    let mut progress = Progress::new(json);
    let how = format!("`pgfold fetch {job_id} --output FILE` downloads the files again");
    let saved = select! {
        biased;
        () = interrupted() => Ok(Err(("the download was interrupted", Exit::Interrupted))),
        () = deadline(api.deadline) => {
            Ok(Err(("the download was not complete before --timeout", Exit::Pending)))
        }
        saved = download(api, job_id, files, target, &mut progress) => saved.map(Ok),
    };
    progress.finish();
    match saved {
        Ok(Ok(saved)) => Ok(Ok(saved)),
        Ok(Err((why, exit))) => {
            tell(&format!("{job_id} is completed, but {why}; {how}"));
            Ok(Err(exit))
        }
        Err(error @ Error::Output(_)) => Err(error),
        Err(error) => Err(error.hint(how)),
    }
}
