use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, Write},
    path::Path,
};

use reqwest::{Response, StatusCode};
use sha2::{Digest, Sha256};

use super::{Failure, links::Links, storage, storage::Storage, tally::Tally};
use crate::{
    error::{Error, Result},
    wait::{Retry, TOLERATED},
};

/// A part of a result to download.
pub(super) struct Part<'a> {
    pub(super) job_id: &'a str,
    pub(super) number: usize,
    pub(super) links: &'a Links<'a>,
    pub(super) storage: &'a Storage,
    pub(super) tally: &'a Tally<'a>,
}

impl Part<'_> {
    /// Writes the part to a new file. Repeats what fails, with another link if the first is refused,
    /// and goes on where a download was cut off.
    pub(super) async fn download(self, path: &Path) -> Result<()> {
        let fail = |why| Error::download(self.job_id, self.number, why);
        let mut partial = Partial::new(path)?;
        let mut link = self.links.of(self.number).await?;
        let mut retry = Retry::default();
        let (mut lost, mut is_renewed) = (0, false);
        loop {
            let before = partial.length;
            let failed = match self.read(&link.part.link.url, &mut partial).await? {
                Ok(()) => match partial.check(link.part.bytes, &link.part.sha256) {
                    Ok(()) => return Ok(()),
                    Err(damaged) => damaged,
                },
                Err(Failure::Refused(_)) if !is_renewed => {
                    is_renewed = true;
                    link = self.links.renewed(self.number, &link).await?;
                    continue;
                }
                Err(failed) => failed,
            };
            if let Failure::Damaged(_) = failed {
                self.restart(&mut partial)?;
            }
            // Whoever gets on is not stuck.
            lost = if partial.length > before { 1 } else { lost + 1 };
            if !failed.is_retryable() || lost > TOLERATED {
                return Err(fail(failed));
            }
            self.tally.trouble(&format!("part {}: {failed}", self.number));
            retry.pause().await;
        }
    }

    /// Reads what is missing of the part, as far as the storage sends it.
    async fn read(&self, link: &str, partial: &mut Partial<'_>) -> Result<Result<(), Failure>> {
        let mut answer = match self.storage.get(link, partial.length).await {
            Ok(answer) => answer,
            Err(failed) => return Ok(Err(failed)),
        };
        if !goes_on(&answer, partial.length) {
            self.restart(partial)?;
        }
        loop {
            match answer.chunk().await {
                Ok(Some(bytes)) => {
                    partial.add(&bytes)?;
                    self.tally.add(bytes.len() as u64);
                }
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(storage::lost(error))),
            }
        }
    }

    fn restart(&self, partial: &mut Partial<'_>) -> Result<()> {
        self.tally.remove(partial.length);
        partial.restart()
    }
}

/// Returns whether an answer begins after the bytes that are there.
fn goes_on(answer: &Response, length: u64) -> bool {
    let range = answer.headers().get("content-range").and_then(|range| range.to_str().ok());
    let begins = range.is_some_and(|range| range.starts_with(&format!("bytes {length}-")));
    length == 0 || answer.status() == StatusCode::PARTIAL_CONTENT && begins
}

/// A file that is not whole.
struct Partial<'a> {
    path: &'a Path,
    file: File,
    length: u64,
    sha256: Sha256,
}

impl<'a> Partial<'a> {
    fn new(path: &'a Path) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(|error| Error::unwritable(path, &error))?;
        Ok(Self { path, file, length: 0, sha256: Sha256::new() })
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| Error::unwritable(self.path, &error))?;
        self.length += bytes.len() as u64;
        self.sha256.update(bytes);
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(|error: io::Error| Error::unwritable(self.path, &error))?;
        self.length = 0;
        self.sha256 = Sha256::new();
        Ok(())
    }

    /// Checks that the file is the one of the result.
    fn check(&self, bytes: u64, sha256: &str) -> Result<(), Failure> {
        check(self.length, self.sha256.clone().finalize(), bytes, sha256)
    }
}

/// Checks that so many bytes with this digest are what was to be downloaded.
pub(super) fn check(
    length: u64,
    digest: impl AsRef<[u8]>,
    bytes: u64,
    sha256: &str,
) -> Result<(), Failure> {
    if length != bytes {
        return Err(Failure::Damaged(format!("it has {length} bytes instead of {bytes}")));
    }
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    match digest.eq_ignore_ascii_case(sha256) {
        true => Ok(()),
        false => Err(Failure::Damaged("its SHA-256 is not that of the result".to_owned())),
    }
}
