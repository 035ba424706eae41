use pgfold_api::WholeAnswer;
use sha2::{Digest, Sha256};

use super::{Failure, part::check, storage, storage::Storage};
use crate::wait::{Retry, TOLERATED};

/// Downloads an answer that was too large for the API to send. Repeats what fails.
pub(crate) async fn download_whole(whole: &WholeAnswer) -> Result<String, Failure> {
    let storage = Storage::new(&whole.link.url)?;
    let mut retry = Retry::default();
    let mut failed = 0;
    loop {
        match read(&storage, whole).await {
            Err(failure) if failure.is_retryable() && failed < TOLERATED => failed += 1,
            read => return read,
        }
        retry.pause().await;
    }
}

async fn read(storage: &Storage, whole: &WholeAnswer) -> Result<String, Failure> {
    let answer = storage.get(&whole.link.url, 0).await?;
    let bytes = answer.bytes().await.map_err(storage::lost)?;
    check(bytes.len() as u64, Sha256::digest(&bytes), whole.bytes, &whole.sha256)?;
    String::from_utf8(bytes.into()).map_err(|error| Failure::Damaged(error.to_string()))
}
