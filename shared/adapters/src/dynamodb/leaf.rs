use pgfold_core::{ChunkIndex, Job, JobId};

/// Some of a job's chunks, which are kept in one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leaf(pub(super) u16);

impl Leaf {
    /// The leaf that a chunk belongs to.
    pub(super) fn of(job: &Job, ChunkIndex(chunk): ChunkIndex) -> Self {
        Self(chunk / job.piece)
    }

    /// All leaves of a job, at least one.
    pub(super) fn all(job: &Job) -> impl Iterator<Item = Self> {
        (0..job.chunks.div_ceil(job.piece.get()).max(1)).map(Self)
    }

    /// How many chunks of the job it has.
    pub(super) fn len(self, job: &Job) -> u16 {
        let piece = job.piece.get();
        job.chunks.saturating_sub(self.0.saturating_mul(piece)).min(piece)
    }

    /// The key of its item: that of the root where the job has no other leaf.
    pub(super) fn key(self, job: &Job) -> String {
        let root = job_key(job.job_id);
        if is_tree(job) { format!("{root}#{}#{}", job.plan, self.0) } else { root }
    }
}

/// Returns whether a job has more than one leaf, and so a root apart from them.
pub(super) fn is_tree(job: &Job) -> bool {
    job.chunks > job.piece.get()
}

/// The key of a job's root.
pub(super) fn job_key(job_id: JobId) -> String {
    format!("JOB#{job_id}")
}
