use std::collections::BTreeMap;

use crate::{
    error::Result,
    job::{ChunkRecord, Job, Tally},
    plan::{ChunkIndex, Plan},
};

/// What is stored of a job's chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunks {
    /// How the source was cut.
    pub plan: Plan,
    /// What became of the chunks that are done.
    pub records: BTreeMap<ChunkIndex, ChunkRecord>,
    /// Why chunks failed, in a sentence for the job's owner: the first reason of each. A chunk
    /// that has a record as well has succeeded since.
    pub failures: BTreeMap<ChunkIndex, String>,
    /// How many deliveries and records were discarded of chunks that had their record.
    pub discarded: BTreeMap<ChunkIndex, u32>,
}

impl Chunks {
    /// Makes the chunks of a plan before anything is stored of them.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            records: BTreeMap::new(),
            failures: BTreeMap::new(),
            discarded: BTreeMap::new(),
        }
    }

    /// Returns the sums over the records.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a record cannot be written as JSON.
    pub fn tally(&self) -> Result<Tally> {
        let tally = |record: &ChunkRecord| Ok(Tally::new(record, record.to_json()?.len()));
        self.records.values().map(tally).sum()
    }

    /// The records of the chunks of the job's source, in the order of the plan.
    pub(crate) fn of_source(
        &self,
        job: &Job,
    ) -> impl Iterator<Item = (ChunkIndex, &ChunkRecord)> + Clone {
        let partitions = ChunkIndex(job.source_chunks());
        self.records.range(..partitions).map(|(chunk, record)| (*chunk, record))
    }

    /// The chunks without a record.
    pub fn missing(&self) -> impl Iterator<Item = ChunkIndex> {
        (0..self.plan.len() as u16).map(ChunkIndex).filter(|at| !self.records.contains_key(at))
    }
}
