use serde::{Deserialize, Serialize};

use crate::{
    checksum::Checksum,
    error::{Error, Result},
    job::{ChunkRecord, Chunks, Job, JobId, ObjectName, PlanHash},
    output::{Format, OutputColumn},
    plan::ChunkIndex,
    ports::Objects,
    query::QueryPartial,
};

/// The manifest of a job's result: which files it is.
///
/// It is made of the records alone, so whoever writes it writes the same. Files beside it that it
/// does not name were written by others who lost: they are not of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the form, [`Manifest::VERSION`].
    #[serde(rename = "v")]
    version: u16,
    /// The job.
    #[serde(rename = "task_id")]
    pub job_id: JobId,
    /// The name of its source.
    pub source: String,
    /// The fingerprint of its chunks.
    pub plan: PlanHash,
    /// The instants of the database that its chunks read, each once; one if the result is of one
    /// instant.
    pub snapshots: Vec<String>,
    /// The format of the files.
    pub format: Format,
    /// The columns of each file.
    pub columns: Vec<OutputColumn>,
    /// The rows of the source that were read.
    pub source_rows: u64,
    /// The rows of all files.
    pub rows: u64,
    /// The bytes of all files.
    pub bytes: u64,
    /// The files, in the order of their numbers.
    pub parts: Vec<Part>,
}

/// A file of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, beside the manifest.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 over its bytes.
    pub sha256: Checksum,
}

impl Manifest {
    const VERSION: u16 = 1;

    /// Makes the manifest of a job all of whose chunks have their record; `None` if the job writes no
    /// files.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the record of a part has no file.
    pub(crate) fn new(job: &Job, chunks: &Chunks) -> Result<Option<Self>> {
        let Some(output) = &job.computation.output else { return Ok(None) };
        // Partitions write the files if there are any; otherwise the chunks of the source do.
        let writes = |chunk: ChunkIndex| job.partitions == 0 || job.is_partition(chunk);
        let part = |(chunk, record): (&ChunkIndex, &ChunkRecord)| match &record.partial {
            QueryPartial::Part(part) => Ok(Part {
                name: part.name.clone(),
                rows: part.rows,
                bytes: part.bytes,
                sha256: part.checksum.clone(),
            }),
            _ => Err(Error::corrupt(
                format!("chunk {chunk} of task {}", job.job_id),
                "its record names no file",
            )),
        };
        let written = chunks.records.iter().filter(|(chunk, _)| writes(**chunk));
        let parts = written.map(part).collect::<Result<Vec<Part>>>()?;
        let receipts = chunks.of_source(job).map(|(_, record)| &record.receipt);
        let mut snapshots: Vec<String> =
            receipts.clone().map(|receipt| receipt.snapshot.clone()).collect();
        snapshots.sort_unstable();
        snapshots.dedup();
        Ok(Some(Self {
            version: Self::VERSION,
            job_id: job.job_id,
            source: job.computation.source.name.clone(),
            plan: job.plan.clone(),
            snapshots,
            format: output.format,
            columns: output.columns.clone(),
            source_rows: receipts.map(|receipt| receipt.rows).sum(),
            rows: parts.iter().map(|part| part.rows).sum(),
            bytes: parts.iter().map(|part| part.bytes).sum(),
            parts,
        }))
    }

    /// Stores the manifest, as JSON.
    ///
    /// # Errors
    /// Those of [`Objects::put`].
    pub async fn put(&self, objects: &dyn Objects) -> Result<()> {
        let json = serde_json::to_vec(self).map_err(|error| Error::corrupt("a manifest", error))?;
        objects.put(&ObjectName::of_manifest(self.job_id), json).await
    }
}
