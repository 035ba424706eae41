use std::{
    env,
    fmt::Display,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use pgfold_api::{Files, Format};

use super::{joined::Joined, staging, staging::Staging};
use crate::{
    error::{Error, Result},
    file_format,
};

/// The name that means stdout.
const STDOUT: &str = "-";

/// The permissions of directories that others may see, before the user's mask, and of others.
const USUAL: u32 = 0o777;
const OWN: u32 = 0o700;

/// Where files go. It can be written to, and nothing is there until all of it is.
#[derive(Debug)]
pub(crate) struct Target {
    place: Place,
    staging: Staging,
}

#[derive(Debug)]
enum Place {
    Stdout,
    /// A device or a pipe, which is not replaced.
    Device(PathBuf),
    /// A file, or a directory of files that cannot be joined.
    File(PathBuf),
    /// A directory that does not exist yet.
    NewDirectory(PathBuf),
    /// An empty directory.
    Directory(PathBuf),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    /// The file or directory; `None` for stdout, or if there was nothing to write.
    pub(crate) path: Option<PathBuf>,
    /// The number of files in the directory; `None` unless it is one.
    pub(crate) files: Option<usize>,
    pub(crate) bytes: u64,
}

impl Target {
    /// Checks that a file or directory of this name can be written, and makes a place beside it for
    /// what is not whole.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that cannot be meant, and [`Error::Unwritable`].
    pub(crate) fn new(path: &Path, format: Format) -> Result<Self> {
        file_format::check_name(path, format)?;
        let place = Place::of(path)?;
        if format == Format::Parquet && matches!(place, Place::Stdout | Place::Device(_)) {
            let why = "Parquet needs a file, because its parts cannot be joined: name one";
            return Err(Error::Usage(why.to_owned()));
        }
        let staging = match &place {
            Place::Stdout | Place::Device(_) => Staging::new(&env::temp_dir(), OWN),
            Place::Directory(path) => Staging::new(path, USUAL),
            Place::File(path) | Place::NewDirectory(path) => Staging::new(parent(path), USUAL),
        }?;
        Ok(Self { place, staging })
    }

    /// Returns whether files are written to stdout.
    pub(crate) const fn is_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Starts to write these files.
    pub(super) fn open(self, files: &Files) -> Result<OpenTarget<'_>> {
        let joined = match &self.place {
            Place::Stdout => Some(Box::new(io::stdout()) as Box<dyn Write>),
            Place::Device(path) => {
                let device = OpenOptions::new().write(true).open(path);
                Some(Box::new(device.map_err(|error| Error::unwritable(path, &error))?) as _)
            }
            Place::File(_) if files.format != Format::Parquet && files.part_count != 1 => {
                let path = self.staging.path.join(JOINED);
                let file = File::create_new(&path);
                Some(Box::new(file.map_err(|error| Error::unwritable(&path, &error))?) as _)
            }
            Place::File(_) | Place::NewDirectory(_) | Place::Directory(_) => None,
        };
        let joined = joined.map(|to| Joined::new(to, files.format));
        Ok(OpenTarget { target: self, files, joined })
    }
}

/// The name of the file of joined parts before it has its own.
const JOINED: &str = "joined";

/// The parts of a result in a directory.
pub(super) struct Parts {
    directory: PathBuf,
    format: Format,
}

impl Parts {
    /// Returns the path of a part.
    pub(super) fn part(&self, number: usize) -> PathBuf {
        self.directory.join(format!("part-{number:05}.{}", self.format.name()))
    }
}

/// Files that are being written.
pub(super) struct OpenTarget<'f> {
    target: Target,
    files: &'f Files,
    joined: Option<Joined>,
}

impl OpenTarget<'_> {
    /// Returns where to download parts to.
    pub(super) fn staged(&self) -> Parts {
        Parts { directory: self.target.staging.path.clone(), format: self.files.format }
    }

    /// Adds the next part, which is whole.
    pub(super) fn add(&mut self, path: &Path) -> Result<()> {
        match &mut self.joined {
            Some(joined) => joined.add(path).map_err(|error| self.unwritable(&error)),
            None => Ok(()),
        }
    }

    /// Gives the files their names.
    pub(super) fn commit(mut self) -> Result<Saved> {
        if let Some(joined) = &mut self.joined {
            joined.finish(self.files).map_err(|error| self.unwritable(&error))?;
        }
        let (count, joined) = (self.files.part_count, self.joined.as_ref());
        let bytes = joined.map_or(self.files.bytes, |joined| joined.bytes);
        let saved = |path: &Path, files| Saved { path: Some(path.to_owned()), files, bytes };
        let (saved, moved) = match &self.target.place {
            Place::Stdout => return Ok(Saved { path: None, files: None, bytes }),
            Place::Device(path) => return Ok(saved(path, None)),
            Place::File(path) if joined.is_some() => {
                let from = self.target.staging.path.join(JOINED);
                (saved(path, None), fs::rename(from, path))
            }
            Place::File(path) if count == 1 => {
                (saved(path, None), fs::rename(self.staged().part(0), path))
            }
            // There is no Parquet without a file.
            Place::File(_) if count == 0 => return Ok(Saved { path: None, files: Some(0), bytes }),
            Place::File(path) | Place::NewDirectory(path) => {
                let saved = saved(path, Some(count));
                let path = path.clone();
                let moved = removed(&path).and_then(|()| self.target.staging.rename(&path));
                return moved.map(|()| saved).map_err(|error| Error::unwritable(&path, &error));
            }
            Place::Directory(path) => {
                let (from, format) = (self.staged(), self.files.format);
                let to = Parts { directory: path.clone(), format };
                let mut numbers = 0..count;
                let moved =
                    numbers.try_for_each(|number| fs::rename(from.part(number), to.part(number)));
                (saved(path, Some(count)), moved)
            }
        };
        moved.map(|()| saved).map_err(|error| self.unwritable(&error))
    }

    /// Returns the error of the place that cannot be written.
    fn unwritable(&self, error: &io::Error) -> Error {
        match &self.target.place {
            Place::Stdout => Error::Output(io::Error::new(error.kind(), error.to_string())),
            Place::Device(path)
            | Place::File(path)
            | Place::NewDirectory(path)
            | Place::Directory(path) => Error::unwritable(path, error),
        }
    }
}

impl Place {
    fn of(path: &Path) -> Result<Self> {
        if path == Path::new(STDOUT) {
            return Ok(Self::Stdout);
        }
        let usage = |why: &dyn Display| Err(Error::Usage(format!("{}: {why}", path.display())));
        let is_named_directory = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let plain: PathBuf = path.components().collect();
        match fs::metadata(&plain) {
            Ok(found) if found.is_dir() => match first_of(&plain)? {
                None => Ok(Self::Directory(plain)),
                Some(name) => usage(&format!(
                    "the directory has files already, such as {name}; empty it, or name another"
                )),
            },
            Ok(_) if is_named_directory => usage(&"this is a file, not a directory"),
            Ok(found) if found.is_file() => {
                // A link stays, and what it leads to is replaced.
                let real = fs::canonicalize(&plain);
                real.map(Self::File).map_err(|error| Error::unwritable(path, &error))
            }
            Ok(_) => Ok(Self::Device(plain)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::unwritable(path, &error))
            }
            Err(_) if !parent(&plain).is_dir() => {
                usage(&format!("there is no directory {}", parent(&plain).display()))
            }
            Err(_) if is_named_directory => Ok(Self::NewDirectory(plain)),
            Err(_) => Ok(Self::File(plain)),
        }
    }
}

/// Returns the name of something in a directory; what killed processes left does not count.
fn first_of(directory: &Path) -> Result<Option<String>> {
    let unwritable = |error: io::Error| Error::unwritable(directory, &error);
    for entry in fs::read_dir(directory).map_err(unwritable)? {
        let name = entry.map_err(unwritable)?.file_name().to_string_lossy().into_owned();
        if !staging::is_left(&name) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Removes a file that a directory replaces.
fn removed(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
