//! Downloading files in a command.

use pgfold_api::Files;
use tokio::select;

use crate::{
    api::Api,
    deadline::deadline,
    download::{Saved, Target, download},
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    progress::Progress,
};

/// Downloads the files of a completed job. If there was no time for all of them, writes that to
/// stderr and returns the exit code.
pub(super) async fn save(
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
