use std::ops::Range;

use pgfold_core::{ChunkIndex, Job, JobId, Stage};

/// The number of a leaf: consecutive chunks of a job that one item stores.
///
/// In a tree a leaf has either chunks of the source or partitions, because the root counts whole
/// leaves and must tell when all chunks of the source are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf(pub(super) u16);

impl Leaf {
    /// Returns the leaf of a chunk.
    pub(super) fn of(job: &Job, ChunkIndex(chunk): ChunkIndex) -> Self {
        let source = job.source_chunks();
        match chunk.checked_sub(source) {
            _ if !is_tree(job) => Self(0),
            None => Self(chunk / job.piece),
            Some(partition) => Self(leaves_of(source, job) + partition / job.piece),
        }
    }

    /// Returns all leaves of a job, at least one.
    pub(super) fn all(job: &Job) -> impl Iterator<Item = Self> {
        let count = leaves_of(job.source_chunks(), job) + leaves_of(job.partitions, job);
        (0..if is_tree(job) { count } else { 1 }).map(Self)
    }

    /// Returns the chunks of the leaf.
    pub(super) fn chunks(self, job: &Job) -> Range<u16> {
        if !is_tree(job) {
            return 0..job.chunks;
        }
        let (source, piece) = (job.source_chunks(), job.piece.get());
        let of_source = leaves_of(source, job);
        let (start, end) = match self.0.checked_sub(of_source) {
            None => (self.0 * piece, source),
            Some(leaf) => (source + leaf * piece, job.chunks),
        };
        start.min(end)..start.saturating_add(piece).min(end)
    }

    /// Returns the number of chunks of the leaf.
    pub(super) fn len(self, job: &Job) -> u16 {
        self.chunks(job).len() as u16
    }

    /// Returns the key of the leaf's item: that of the root if the job has only this leaf.
    pub(super) fn key(self, job: &Job) -> String {
        let root = job_key(job.job_id);
        if is_tree(job) { format!("{root}#{}#{}", job.plan, self.0) } else { root }
    }
}

/// Returns whether a job has more than one leaf, and so a separate root.
pub(super) fn is_tree(job: &Job) -> bool {
    job.chunks > job.piece.get()
}

/// Returns the stage of a job whose root lacks so many leaves, or chunks if it is no tree.
pub(super) fn stage(job: &Job, missing: u16) -> Stage {
    let of_partitions = if is_tree(job) { leaves_of(job.partitions, job) } else { job.partitions };
    match missing {
        0 => Stage::Done,
        missing if missing <= of_partitions => Stage::Reduce,
        _ => Stage::Map,
    }
}

/// Returns the stage of a job in which a chunk is missing.
pub(super) fn stage_of(job: &Job, chunk: ChunkIndex) -> Stage {
    if job.is_partition(chunk) { Stage::Reduce } else { Stage::Map }
}

fn leaves_of(chunks: u16, job: &Job) -> u16 {
    chunks.div_ceil(job.piece.get())
}

/// Returns the key of a job's root.
pub(super) fn job_key(job_id: JobId) -> String {
    format!("JOB#{job_id}")
}
