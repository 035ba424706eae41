use std::{
    collections::{BTreeMap, HashMap},
    num::ParseIntError,
    str::FromStr,
};

use pgfold_core::{
    Announcement, ChunkIndex, ChunkRange, ChunkRecord, Chunks, Error, FailedAttempts, Job, JobId,
    LastError, Plan, Progress, Result, Tally, Timestamp,
};

use super::service::corrupt;

type Problem = Box<dyn std::error::Error + Send + Sync>;

/// The fields of a job's progress, except those of its tally.
const BESIDES_THE_TALLY: [&str; 15] = [
    "job",
    "missing",
    "recorded_at",
    "failed_attempts",
    "failed_map_ms",
    "failed_megabyte_ms",
    "last_error",
    "failures",
    "failure",
    "cancelled_at",
    "deadline",
    "queued",
    "attached",
    "held_ms",
    "announced",
];

/// Returns the names of the fields of a job's progress.
pub(super) fn of_progress() -> impl Iterator<Item = String> {
    BESIDES_THE_TALLY.into_iter().chain(Tally::SUMS).map(str::to_owned)
}

/// How many chunks' plan is one field.
pub(super) const PIECE: u16 = 16;

/// Some or all fields of the hash of a job; [`super::ValkeyStore`] lists them.
#[derive(Debug)]
pub(super) struct Fields {
    job_id: JobId,
    values: HashMap<String, String>,
}

impl Fields {
    /// Takes the fields of a job that the server returned.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there are none, because the job does not exist then.
    pub(super) fn new(job_id: JobId, values: HashMap<String, String>) -> Result<Self> {
        if values.is_empty() { Err(Error::NotFound(job_id)) } else { Ok(Self { job_id, values }) }
    }

    pub(super) fn progress(&self) -> Result<Progress> {
        self.read(|| {
            let mut progress = Progress::new(Job::from_json(self.text("job")?)?);
            let missing: u16 = self.text("missing")?.parse()?;
            progress.done = progress.job.chunks.saturating_sub(missing);
            progress.tally =
                Tally::from_sums(self.timestamp("recorded_at")?, |name| self.number(name))?;
            progress.failed = FailedAttempts::from_named(|name| self.number(name))?;
            let last_error = self.values.get("last_error");
            progress.last_error = last_error.map(|json| LastError::from_json(json)).transpose()?;
            let announced = self.values.get("announced");
            progress.announced = announced.map(|json| Announcement::from_json(json)).transpose()?;
            progress.queued = self.values.contains_key("queued");
            progress.attached = self.number("attached")?.unwrap_or_default();
            progress.held_ms = self.number("held_ms")?;
            progress.cancelled_at = self.timestamp("cancelled_at")?;
            progress.deadline = self.timestamp("deadline")?.unwrap_or(progress.deadline);
            progress.failure = self.values.get("failure").cloned();
            progress.chunk_failed = self.values.contains_key("failures");
            Ok(progress)
        })
    }

    pub(super) fn chunks(&self) -> Result<Chunks> {
        self.read(|| {
            let mut pieces = BTreeMap::<u16, Plan>::new();
            let mut chunks = Chunks::new(Plan::empty());
            for (name, value) in &self.values {
                match name.split_once(':') {
                    Some(("p", number)) => {
                        pieces.insert(number.parse()?, Plan::from_json(value)?);
                    }
                    Some(("c", chunk)) => {
                        let record = ChunkRecord::from_json(value)?;
                        chunks.records.insert(ChunkIndex(chunk.parse()?), record);
                    }
                    Some(("f", chunk)) => {
                        chunks.failures.insert(ChunkIndex(chunk.parse()?), value.clone());
                    }
                    Some(("d", chunk)) => {
                        chunks.discarded.insert(ChunkIndex(chunk.parse()?), value.parse()?);
                    }
                    _ => {}
                }
            }
            chunks.plan = Plan::joined(pieces.into_values())?;
            Ok(chunks)
        })
    }

    /// Returns the range of a chunk; `None` if there is no such chunk.
    pub(super) fn range(&self, chunk: ChunkIndex) -> Result<Option<ChunkRange>> {
        let Some(piece) = self.values.get(&piece_of(chunk)) else { return Ok(None) };
        let within = ChunkIndex(chunk.0 % PIECE);
        Ok(Plan::from_json(piece)?.range(within))
    }

    pub(super) fn has_record(&self, chunk: ChunkIndex) -> bool {
        self.values.contains_key(&record_of(chunk))
    }

    fn timestamp(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        Ok(self.number(name)?.map(Timestamp::from_millis))
    }

    fn number<T: FromStr<Err = ParseIntError>>(&self, name: &str) -> Result<Option<T>, Problem> {
        Ok(self.values.get(name).map(|number| number.parse()).transpose()?)
    }

    fn text(&self, name: &str) -> Result<&str, Problem> {
        Ok(self.values.get(name).ok_or_else(|| format!("no `{name}`"))?)
    }

    fn read<T>(&self, read: impl FnOnce() -> Result<T, Problem>) -> Result<T> {
        read().map_err(|problem| corrupt(self.job_id, problem))
    }
}

/// Returns the name of the field with the plan of a chunk.
pub(super) fn piece_of(ChunkIndex(chunk): ChunkIndex) -> String {
    format!("p:{}", chunk / PIECE)
}

/// Returns the name of the field with the record of a chunk.
pub(super) fn record_of(chunk: ChunkIndex) -> String {
    format!("c:{chunk}")
}
