//! Downloads the files of a result, and answers that are too large for the API.
//!
//! ```text
//! Target: where they go, and a directory beside for what is not whole yet
//!   │      links: where each part is, from the API, which signs them
//!   ▼      storage: reads them, without the API's credentials
//! part: one file, again and again until its bytes and its SHA-256 are those of the result
//!   ▼
//! joined: parts after each other in one file or on stdout
//!
//! whole: an answer, into memory
//! ```

mod failure;
mod header;
mod joined;
mod links;
mod part;
mod staging;
mod storage;
mod tally;
mod target;
mod whole;

use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_api::Files;

use crate::{
    api::Api,
    error::{Error, Result},
    progress::Progress,
};

use self::{links::Links, part::Part, storage::Storage, tally::Tally};

pub(crate) use failure::Failure;
pub(crate) use target::{Saved, Target};
pub(crate) use whole::download_whole;

/// The number of parts that are downloaded at the same time.
const AT_ONCE: usize = 4;

/// Downloads all files of a completed job to where `target` says.
pub(crate) async fn download(
    api: &Api,
    job_id: &str,
    files: &Files,
    target: Target,
    progress: &mut Progress,
) -> Result<Saved> {
    let mut open = target.open(files)?;
    if files.part_count > 0 {
        let links = Links::new(api, job_id, files);
        let first = links.of(0).await?.part.link;
        let storage = Storage::new(&first.url).map_err(|why| Error::download(job_id, 0, why))?;
        let tally = Tally::new(progress, files);
        let staged = open.staged();
        let part = async |number| {
            let path = staged.part(number);
            let part = Part { job_id, number, links: &links, storage: &storage, tally: &tally };
            part.download(&path).await?;
            Ok::<_, Error>(path)
        };
        let parts = (0..files.part_count).map(part).collect::<Vec<_>>();
        let mut parts = stream::iter(parts).buffered(AT_ONCE);
        while let Some(path) = parts.try_next().await? {
            tally.add_part();
            open.add(&path)?;
        }
    }
    open.commit()
}
