use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
};

use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, M, N, Ns, S};
use pgfold_core::{
    Announcement, ChunkIndex, ChunkRange, ChunkRecord, Chunks, Claim, FailedAttempts,
    IdempotencyKey, Job, LastError, Plan, PlanHash, Progress, Result, Tally, Timestamp,
};

use super::leaf::{Leaf, is_tree, job_key};

/// Why an item does not read back.
pub(super) type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Returns the key of a claim.
fn claim_key(key: &IdempotencyKey) -> String {
    format!("KEY#{key}")
}

/// The value of `listed` in the roots of all jobs.
pub(super) const LISTED: &str = "JOBS";

/// An entry that is put in a map once, with the sums that it adds to the item.
pub(super) struct Entry {
    pub(super) map: &'static str,
    pub(super) number: u16,
    pub(super) value: AttributeValue,
    pub(super) tally: Tally,
}

/// An item of the table of jobs; [`super::DynamoDbStore`] lists its attributes.
#[derive(Debug, Default)]
pub(super) struct Item(pub(super) HashMap<String, AttributeValue>);

impl Item {
    fn new(pk: String, expires_at: Timestamp) -> Self {
        let expires_at = N(expires_at.as_secs_ceil().to_string());
        Self::default().with("pk", S(pk)).with("expires_at", expires_at)
    }

    fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Makes a leaf without records.
    pub(super) fn leaf(job: &Job, leaf: Leaf, piece: &Plan) -> Result<Self> {
        Ok(Self::new(leaf.key(job), job.expires_at)
            .with("plan", S(job.plan.to_string()))
            .with("piece", S(piece.to_json()?))
            .with("chunks", M(HashMap::new()))
            .with("failures", M(HashMap::new()))
            .with("discarded", M(HashMap::new()))
            .with("missing", N(leaf.len(job).to_string())))
    }

    /// Makes the root of a job. `leaf` is the job's only leaf; `None` for a tree.
    pub(super) fn root(job: &Job, leaf: Option<Self>) -> Result<Self> {
        let root = leaf.unwrap_or_else(|| {
            Self::new(job_key(job.job_id), job.expires_at)
                .with("plan", S(job.plan.to_string()))
                .with("leaves", M(HashMap::new()))
                .with("missing", N(Leaf::all(job).count().to_string()))
        });
        Ok(root.with("job", S(job.to_json()?)).with("listed", S(LISTED.to_owned())))
    }

    /// Makes the item of a claim to a key.
    pub(super) fn of_claim(key: &IdempotencyKey, claim: &Claim) -> Result<Self> {
        Ok(Self::new(claim_key(key), claim.expires_at).with("claim", S(claim.to_json()?)))
    }

    /// Reads the job of a root.
    pub(super) fn job(&self) -> Result<Job, Problem> {
        Ok(Job::from_json(self.text("job")?)?)
    }

    /// Reads the claim of a claim's item.
    pub(super) fn claim(&self) -> Result<Claim, Problem> {
        Ok(Claim::from_json(self.text("claim")?)?)
    }

    /// Reads the progress of a job from its root.
    pub(super) fn progress(&self) -> Result<Progress, Problem> {
        let mut progress = self.progress_of_root()?;
        if is_tree(&progress.job) {
            progress.done = self.complete_leaves()?.map(|leaf| leaf.len(&progress.job)).sum();
            progress.chunk_failed = self.has_failed();
        } else {
            progress.done = progress.job.chunks.saturating_sub(self.missing()?);
            progress.chunk_failed = self.has_failures();
        }
        Ok(progress)
    }

    /// Reads the progress of a job from the attributes of its root that [`of_list`] names.
    pub(super) fn progress_of_list(&self) -> Result<Progress, Problem> {
        let mut progress = self.progress_of_root()?;
        let chunks = progress.job.chunks;
        progress.done = match self.missing()? {
            0 => chunks,
            // In a tree's root `missing` counts leaves, so the tally counts the chunks.
            _ => chunks.min(progress.tally.chunks as u16),
        };
        progress.chunk_failed = self.has_failed();
        Ok(progress)
    }

    /// Reads the part of the progress that needs neither chunks nor leaves.
    fn progress_of_root(&self) -> Result<Progress, Problem> {
        let mut progress = Progress::new(self.job()?);
        progress.tally = self.tally()?;
        progress.failed = FailedAttempts::from_named(|name| self.sum(name))?;
        progress.last_error = match self.0.get("last_error") {
            Some(_) => Some(LastError::from_json(self.text("last_error")?)?),
            None => None,
        };
        progress.announced = match self.0.get("announced") {
            Some(_) => Some(Announcement::from_json(self.text("announced")?)?),
            None => None,
        };
        progress.queued = matches!(self.0.get("queued"), Some(Bool(true)));
        progress.cancelled_at = self.timestamp("cancelled_at")?;
        progress.deadline = self.timestamp("deadline")?.unwrap_or(progress.deadline);
        progress.attached = match self.0.get("attached") {
            Some(Ns(chunks)) => chunks.len() as u16,
            _ => 0,
        };
        progress.held_ms = match self.0.get("held_ms") {
            Some(_) => Some(self.number("held_ms")?),
            None => None,
        };
        progress.failure = match self.0.get("failure") {
            Some(_) => Some(self.text("failure")?.to_owned()),
            None => None,
        };
        Ok(progress)
    }

    /// Returns the sums over the entries of a leaf or a root.
    pub(super) fn tally(&self) -> Result<Tally, Problem> {
        Tally::from_sums(self.timestamp("recorded_at")?, |name| self.sum(name))
    }

    fn sum(&self, name: &str) -> Result<Option<u64>, Problem> {
        match self.0.get(name) {
            Some(_) => self.number(name).map(Some),
            None => Ok(None),
        }
    }

    /// Returns whether the root of a tree counts a leaf.
    pub(super) fn counts(&self, leaf: Leaf) -> bool {
        self.map("leaves").is_ok_and(|leaves| leaves.contains_key(&leaf.0.to_string()))
    }

    /// Returns the leaves that the root of a tree counts.
    fn complete_leaves(&self) -> Result<impl Iterator<Item = Leaf>, Problem> {
        let leaves = self.map("leaves")?.keys().map(|number| number.parse().map(Leaf));
        Ok(leaves.collect::<Result<Vec<_>, _>>()?.into_iter())
    }

    /// Reads a chunk from its leaf: the chunk's range, and whether the chunk has its record.
    pub(super) fn open(&self, job: &Job, chunk: ChunkIndex) -> Result<(ChunkRange, bool), Problem> {
        let within = ChunkIndex(chunk.0 - Leaf::of(job, chunk).chunks(job).start);
        let range = self.piece()?.range(within).ok_or_else(|| format!("no chunk {chunk}"))?;
        let recorded = self.map("chunks")?.contains_key(&chunk.to_string());
        Ok((range, recorded))
    }

    /// Reads the plan of a leaf's chunks.
    fn piece(&self) -> Result<Plan, Problem> {
        Ok(Plan::from_json(self.text("piece")?)?)
    }

    /// Returns whether a root states that a chunk has failed.
    fn has_failed(&self) -> bool {
        matches!(self.0.get("failed"), Some(Bool(true)))
    }

    /// Returns whether a chunk of a leaf has failed.
    pub(super) fn has_failures(&self) -> bool {
        self.map("failures").is_ok_and(|failures| !failures.is_empty())
    }

    /// Returns how many entries a leaf or a root lacks.
    pub(super) fn missing(&self) -> Result<u16, Problem> {
        self.number("missing")
    }

    /// Returns whether a leaf or a root belongs to the job with this plan.
    pub(super) fn is_of(&self, plan: &PlanHash) -> bool {
        self.text("plan").is_ok_and(|kept| kept == plan.as_str())
    }

    fn text(&self, name: &str) -> Result<&str, Problem> {
        match self.0.get(name) {
            Some(S(text)) => Ok(text),
            _ => Err(format!("no text `{name}`").into()),
        }
    }

    fn timestamp(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        match self.0.get(name) {
            Some(_) => Ok(Some(Timestamp::from_millis(self.number(name)?))),
            None => Ok(None),
        }
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        let number = match self.0.get(name) {
            Some(N(number)) => number.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| format!("no number `{name}`").into())
    }

    fn map(&self, name: &str) -> Result<&HashMap<String, AttributeValue>, Problem> {
        match self.0.get(name) {
            Some(M(map)) => Ok(map),
            _ => Err(format!("no map `{name}`").into()),
        }
    }

    /// Reads a map from numbers to text.
    fn texts(&self, name: &str) -> Result<BTreeMap<u16, &str>, Problem> {
        self.map(name)?
            .iter()
            .map(|(key, value)| -> Result<_, Problem> {
                match value {
                    S(text) => Ok((key.parse()?, text.as_str())),
                    _ => Err(format!("`{name}.{key}` is no text").into()),
                }
            })
            .collect()
    }
}

/// Returns the attributes of a root that [`Item::progress_of_list`] reads: no records, which take
/// most of an item's bytes.
pub(super) fn of_list() -> Vec<&'static str> {
    let sums = Tally::default().sums().map(|(name, _)| name);
    let failed = FailedAttempts::default().named().map(|(name, _)| name);
    let others = [
        "job",
        "missing",
        "recorded_at",
        "last_error",
        "deadline",
        "cancelled_at",
        "failure",
        "failed",
        "attached",
        "held_ms",
        "announced",
    ];
    sums.into_iter().chain(failed).chain(others).collect()
}

/// Reads the chunks of a job from its leaves, which are in order.
pub(super) fn chunks<'a>(leaves: impl IntoIterator<Item = &'a Item>) -> Result<Chunks, Problem> {
    let leaves: Vec<&Item> = leaves.into_iter().collect();
    let pieces = leaves.iter().map(|leaf| leaf.piece()).collect::<Result<Vec<_>, _>>()?;
    let mut chunks = Chunks::new(Plan::joined(pieces)?);
    for leaf in leaves {
        for (chunk, record) in leaf.texts("chunks")? {
            chunks.records.insert(ChunkIndex(chunk), ChunkRecord::from_json(record)?);
        }
        for (chunk, reason) in leaf.texts("failures")? {
            chunks.failures.insert(ChunkIndex(chunk), reason.to_owned());
        }
        for (chunk, count) in leaf.map("discarded")? {
            let N(count) = count else { return Err("a count is not a number".into()) };
            chunks.discarded.insert(ChunkIndex(chunk.parse()?), count.parse()?);
        }
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests;
