use std::fmt;

use crate::{checksum::Checksum, job::JobId, output::Format, plan::ChunkIndex};

/// The name of an object: `jobs/agg_…/chunks/3-…`, which ends with a checksum of its bytes, or with a
/// text that no other has.
///
/// So a name has only one content. A mapper that folds a chunk again puts the same bytes under the
/// same name, or other bytes under another; it never changes what a record names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(String);

impl ObjectName {
    /// What the names of all objects with partials begin with.
    pub const PREFIX: &str = "jobs/";

    /// What the names of all objects of results begin with.
    pub const RESULTS: &str = "results/";

    /// Returns the name of an object of a chunk. `checksum` is that of bytes that vouch for all bytes
    /// of the object.
    pub fn of_chunk(job_id: JobId, chunk: ChunkIndex, checksum: &Checksum) -> Self {
        Self::of_run(job_id, &format!("{chunk}-{checksum}"))
    }

    /// Returns the name of an object of a chunk, from its last part.
    pub fn of_run(job_id: JobId, file: &str) -> Self {
        Self(format!("{}{job_id}/chunks/{file}", Self::PREFIX))
    }

    /// Returns the name of the manifest of a job's result.
    pub fn of_manifest(job_id: JobId) -> Self {
        Self(format!("{}{job_id}/manifest.json", Self::RESULTS))
    }

    /// Returns the name of a part of a job's result, from the end of the name that its record has.
    pub fn of_part(job_id: JobId, file: &str) -> Self {
        Self(format!("{}{job_id}/{file}", Self::RESULTS))
    }

    /// Returns the name of an answer about a job that is too large to be sent. `checksum` is that of its
    /// bytes.
    pub fn of_answer(job_id: JobId, checksum: &Checksum) -> Self {
        Self(format!("{}{job_id}/answer-{checksum}.json", Self::RESULTS))
    }

    /// Returns the end of the name, which tells the object from others of its job.
    pub fn file(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An object whose bytes arrive one after the other. Its content is not known when it gets its name, so
/// each writer gets a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewObject {
    /// A file of a job's result: `results/agg_…/part-00003-….parquet`.
    Part {
        /// The job.
        job_id: JobId,
        /// Which of its parts.
        part: u16,
        /// The format of the file.
        format: Format,
    },
    /// The partial of a chunk: `jobs/agg_…/chunks/3-…`.
    Run {
        /// The job.
        job_id: JobId,
        /// The chunk.
        chunk: ChunkIndex,
    },
}

impl NewObject {
    /// Returns the name that `unique` tells from those of other writers.
    pub fn with(self, unique: &str) -> ObjectName {
        match self {
            Self::Part { job_id, part, format } => {
                let (results, extension) = (ObjectName::RESULTS, format.name());
                ObjectName(format!("{results}{job_id}/part-{part:05}-{unique}.{extension}"))
            }
            Self::Run { job_id, chunk } => ObjectName::of_run(job_id, &format!("{chunk}-{unique}")),
        }
    }

    /// Returns the media type of the object.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Part { format, .. } => format.media_type(),
            Self::Run { .. } => "application/octet-stream",
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[test]
fn a_name_has_its_job_its_chunk_and_its_content() {
    let job_id: JobId = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".parse().unwrap();
    let name = |bytes: &[u8]| ObjectName::of_chunk(job_id, ChunkIndex(7), &Checksum::of(bytes));
    assert_eq!(
        name(b"abc").as_str(),
        "jobs/agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d/chunks/\
         7-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_ne!(name(b"abc"), name(b"abd"));
}
