use pgfold_core::{ChunkIndex, Job, JobId};

/// The number of a leaf: consecutive chunks of a job that one item stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf(pub(super) u16);

impl Leaf {
    /// Returns the leaf of a chunk.
    pub(super) fn of(job: &Job, ChunkIndex(chunk): ChunkIndex) -> Self {
        Self(chunk / job.piece)
    }

    /// Returns all leaves of a job, at least one.
    pub(super) fn all(job: &Job) -> impl Iterator<Item = Self> {
        (0..job.chunks.div_ceil(job.piece.get()).max(1)).map(Self)
    }

    /// Returns the number of chunks of the leaf.
    pub(super) fn len(self, job: &Job) -> u16 {
        let piece = job.piece.get();
        job.chunks.saturating_sub(self.0.saturating_mul(piece)).min(piece)
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

/// Returns the key of a job's root.
pub(super) fn job_key(job_id: JobId) -> String {
    format!("JOB#{job_id}")
}
