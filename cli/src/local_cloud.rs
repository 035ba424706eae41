//! The file by which programs find a local cloud.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use reqwest::Url;

use crate::{
    error::{Error, Result},
    loopback::is_loopback,
};

/// The file that `make up` writes.
const FILE: &str = ".local/env";

/// The mode bits of directories like /tmp: sticky and writable by everybody.
const SHARED: u32 = 0o1002;

/// The file of a local cloud, with lines of NAME=value.
pub(crate) struct LocalCloud {
    file: PathBuf,
    content: String,
}

impl LocalCloud {
    /// Returns the file in `directory` or its nearest parent that has a value of this name.
    pub(crate) fn with(name: &str, directory: &Path) -> Option<Self> {
        let mut directories = directory.ancestors().filter(|directory| !is_shared(directory));
        directories.find_map(|directory| {
            let file = directory.join(FILE);
            let cloud = Self { content: fs::read_to_string(&file).ok()?, file };
            cloud.value(name).is_some().then_some(cloud)
        })
    }

    /// Returns the value of a name, which may be written with `export` and quotes.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.content.lines().find_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (known, value) = line.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (known == name && !value.is_empty()).then(|| value.to_owned())
        })
    }

    /// Checks that a URL of the file is of this machine, where a local cloud always is. The file may
    /// come from a cloned repository, and the URL would receive the caller's authorisation.
    ///
    /// # Errors
    /// [`Error::Usage`] says that it is not, and that `option` sends requests there.
    pub(crate) fn check(&self, url: &Url, option: &str) -> Result<()> {
        if is_loopback(url) {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "{} names {url}, but such a file may only name a local cloud on this machine; to send \
             requests there, give {option}",
            self.file.display()
        )))
    }
}

/// Returns whether other users may have put a file in `directory`.
fn is_shared(directory: &Path) -> bool {
    directory.metadata().is_ok_and(|metadata| metadata.mode() & SHARED == SHARED)
}
