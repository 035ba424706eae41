//! The whole of an answer that was too large for the API to send.

use pgfold_api::JobDetail;
use tokio::select;

use crate::{
    api::Api,
    deadline::deadline,
    document::Document,
    download::download_whole,
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    reading::read,
};

/// Returns the whole of an answer about a job, by its link if it was too large to be sent. If there was
/// no time for it, writes that to stderr and returns the exit code.
///
/// The whole has no files, so a job with files stays as it is.
pub(super) async fn whole(
    api: &Api,
    document: Document,
    detail: JobDetail,
) -> Result<Result<(Document, JobDetail), Exit>> {
    let Some(whole) = detail.whole.as_ref().filter(|_| detail.files.is_none()) else {
        return Ok(Ok((document, detail)));
    };
    let job_id = &detail.job.task_id.0;
    let downloaded = select! {
        biased;
        () = interrupted() => Err(("the download was interrupted", Exit::Interrupted)),
        () = deadline(api.deadline) => {
            Err(("the download was not complete before --timeout", Exit::Pending))
        }
        downloaded = download_whole(whole) => Ok(downloaded),
    };
    let body = match downloaded {
        Ok(Ok(body)) => body,
        Ok(Err(failure)) => return Err(Error::Answer { job_id: job_id.clone(), failure }),
        Err((why, exit)) => {
            tell(&format!("the answer of {job_id} is too large to be sent, and {why}"));
            return Ok(Err(exit));
        }
    };
    let unreadable = |why| Error::Unreadable { request: whole.link.name.clone(), why };
    let document = Document::new(body).ok_or_else(|| unreadable("it is not JSON".to_owned()))?;
    let detail = read(&document).map_err(unreadable)?;
    Ok(Ok((document, detail)))
}
