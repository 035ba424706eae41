//! Objects in a directory, in place of a bucket: files, as the others who write files have them.

use std::{
    fs::{self, File},
    io::Write,
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_core::{Error, Files, NewObject, ObjectName, Objects, Result, Upload};

pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn path(&self, name: &ObjectName) -> PathBuf {
        self.0.join(name.as_str())
    }
}

#[async_trait]
impl Objects for Directory {
    async fn put(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<()> {
        let mut file = created(&self.path(name)).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)
    }

    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        let file = File::open(self.path(name)).map_err(failed)?;
        file.read_exact_at(&mut bytes, range.start).map_err(failed)?;
        Ok(bytes)
    }
}

#[async_trait]
impl Files for Directory {
    fn create(&self, object: NewObject) -> Box<dyn Upload + '_> {
        let name = object.with("only");
        let file = created(&self.path(&name));
        Box::new(DirectoryUpload { name, file: Some(file) })
    }

    async fn has(&self, name: &ObjectName) -> Result<bool> {
        Ok(self.path(name).exists())
    }

    async fn link(&self, name: &ObjectName, _: &str, _: Duration) -> Result<String> {
        Ok(format!("file://{}", self.path(name).display()))
    }
}

struct DirectoryUpload {
    name: ObjectName,
    /// An error is returned by the first write.
    file: Option<std::io::Result<File>>,
}

#[async_trait]
impl Upload for DirectoryUpload {
    fn name(&self) -> &ObjectName {
        &self.name
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<()> {
        let missing = || Err(std::io::Error::other("it could not be created"));
        let mut file = self.file.take().unwrap_or_else(missing).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        self.file = Some(Ok(file));
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn created(path: &Path) -> std::io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create(path)
}

fn failed(error: std::io::Error) -> Error {
    Error::unavailable("directory", error)
}
