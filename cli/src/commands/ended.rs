//! Waiting for a job in a command.

use pgfold_api::JobDetail;

use crate::{
    api::{Api, Chunks},
    commands::whole::whole,
    document::Document,
    error::{Result, tell},
    exit::Exit,
    output,
    progress::Progress,
    wait::{Waited, wait},
};

/// Waits until a job has ended, and returns the whole answer about it. If it did not end, writes why
/// to stderr and returns the exit code. `submitted` is the document to write if no later one was
/// received.
pub(super) async fn ended(
    api: &Api,
    json: bool,
    chunks: Chunks,
    job_id: &str,
    submitted: Option<&Document>,
) -> Result<Result<(Document, JobDetail), Exit>> {
    let mut progress = Progress::new(json);
    let waited = wait(api, job_id, chunks, &mut progress).await;
    progress.finish();
    let how = format!("`pgfold wait {job_id}` waits for it, `pgfold cancel {job_id}` cancels it");
    let (last, why, exit) = match waited {
        Ok(Waited::Ended(document, detail)) => return whole(api, document, *detail).await,
        Ok(Waited::TimedOut(last)) => (last, "is still pending after --timeout", Exit::Pending),
        Ok(Waited::Interrupted(last)) => (last, "goes on", Exit::Interrupted),
        Err(error) if error.leaves_job_unknown() => {
            return Err(error.hint(format!("the job may go on: {how}")));
        }
        Err(error) => return Err(error),
    };
    if let (true, Some(document)) = (json, last.as_ref().or(submitted)) {
        output::document(document)?;
    }
    tell(&format!("{job_id} {why}; {how}"));
    Ok(Err(exit))
}
