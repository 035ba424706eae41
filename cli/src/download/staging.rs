use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
};

use crate::error::{Error, Result};

/// The names of the directories begin and end so.
const BEGIN: &str = ".pgfold-";
const END: &str = ".partial";

/// The most directories of earlier processes that had the same id and were killed.
const MOST_LEFT: u32 = 1000;

/// A directory of files that are not whole yet. Whatever is in it is removed with it.
#[derive(Debug)]
pub(super) struct Staging {
    pub(super) path: PathBuf,
    is_kept: bool,
}

impl Staging {
    /// Makes a directory in `parent` with these permissions, besides those that the user's mask
    /// takes away.
    pub(super) fn new(parent: &Path, mode: u32) -> Result<Self> {
        let mut last = None;
        for attempt in 0..MOST_LEFT {
            let path = parent.join(format!("{BEGIN}{}-{attempt}{END}", process::id()));
            match DirBuilder::new().mode(mode).create(&path) {
                Ok(()) => return Ok(Self { path, is_kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = Some(error),
                Err(error) => return Err(Error::unwritable(parent, &error)),
            }
        }
        let error = last.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into());
        Err(Error::unwritable(parent, &error))
    }

    /// Moves the directory itself, which then stays.
    pub(super) fn rename(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left then has a name that says what it is.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Returns whether this is the name of a directory that a killed process left.
pub(super) fn is_left(name: &str) -> bool {
    name.starts_with(BEGIN) && name.ends_with(END)
}
