//! The files of a job's result in the words of the API.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_api::{FileColumn, FileLink, FilePart, Files, server::parameters::ChunkSelection};
use pgfold_core::{self as core, Error, Manifest, ObjectName, Objects, Part, Timestamp};

/// How long links are good, unless the function's credentials expire before.
pub(crate) const VALID: Duration = Duration::from_secs(3600);

/// The most files of an answer. A link has about a kilobyte and a half.
const MOST_PARTS: usize = 1000;

/// The number of links that are made at the same time.
const AT_ONCE: usize = 32;

/// Writes the manifest unless it exists. Whoever completed the job may have died before.
pub(crate) async fn ensure_manifest(
    objects: &dyn Objects,
    files: &dyn core::Files,
    manifest: &Manifest,
) -> Result<(), Error> {
    match files.has(&ObjectName::of_manifest(manifest.job_id)).await? {
        true => Ok(()),
        false => manifest.put(objects).await,
    }
}

/// Returns a link to an object, which a browser saves as `file`.
pub(crate) async fn link(
    files: &dyn core::Files,
    name: &ObjectName,
    file: &str,
) -> Result<FileLink, Error> {
    let url = files.link(name, file, VALID).await?;
    Ok(FileLink { name: name.as_str().to_owned(), url })
}

/// Returns the files of a manifest, with links to the selected ones.
pub(crate) async fn with_links(
    files: &dyn core::Files,
    manifest: &Manifest,
    selection: ChunkSelection,
    now: Timestamp,
) -> Result<Files, Error> {
    let job_id = manifest.job_id;
    let part = async |part: &Part| {
        let name = ObjectName::of_part(job_id, &part.name);
        Ok::<_, Error>(FilePart {
            link: link(files, &name, &format!("{job_id}-{}", part.name)).await?,
            rows: part.rows,
            bytes: part.bytes,
            sha256: part.sha256.to_string(),
        })
    };
    let parts = manifest.parts.iter().skip(selection.from).take(selection.limit.min(MOST_PARTS));
    let parts = stream::iter(parts.map(part).collect::<Vec<_>>()).buffered(AT_ONCE);
    Ok(Files {
        format: manifest.format.into(),
        columns: manifest.columns.iter().map(FileColumn::from).collect(),
        rows: manifest.rows,
        bytes: manifest.bytes,
        part_count: manifest.parts.len(),
        parts: parts.try_collect().await?,
        manifest: link(files, &ObjectName::of_manifest(job_id), &format!("{job_id}.json")).await?,
        links_expire_at: (now + VALID).into(),
    })
}
