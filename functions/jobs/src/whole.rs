//! The whole of an answer that is too large to be sent: an object, and a link to it.

use std::mem;

use pgfold_api::{JobChunk, JobDetail, WholeAnswer};
use pgfold_core::{self as core, Checksum, Error, JobId, ObjectName, Objects, Timestamp};

use crate::files::{VALID, link};

/// Returns an answer as JSON, with these chunks and without its files. Links to files are of the moment
/// and secret, so an object that stays has none.
pub(crate) fn json(answer: &mut JobDetail, chunks: Option<Vec<JobChunk>>) -> Result<String, Error> {
    // A copy of the answer may not fit in the function's memory.
    let (files, selected) = (answer.files.take(), mem::replace(&mut answer.chunks, chunks));
    let json = serde_json::to_string(answer);
    (answer.files, answer.chunks) = (files, selected);
    json.map_err(|error| Error::corrupt("an answer", error))
}

/// Stores an answer unless it is there already, and returns a link to it.
pub(crate) async fn stored(
    objects: &dyn Objects,
    files: &dyn core::Files,
    job_id: JobId,
    json: String,
    now: Timestamp,
) -> Result<WholeAnswer, Error> {
    let sha256 = Checksum::of(json.as_bytes());
    let (name, bytes) = (ObjectName::of_answer(job_id, &sha256), json.len() as u64);
    if !files.has(&name).await? {
        objects.put(&name, json.into_bytes()).await?;
    }
    Ok(WholeAnswer {
        link: link(files, &name, &format!("{job_id}-answer.json")).await?,
        bytes,
        sha256: sha256.to_string(),
        link_expires_at: (now + VALID).into(),
    })
}
