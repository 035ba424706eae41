use crate::{
    error::{Error, Result},
    job::Consistency,
    plan::ChunkCount,
};

/// The mappers of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mappers {
    /// The most mappers that run at once, and so the most connections that they hold to the
    /// database.
    pub concurrency: u16,
    /// The memory of each mapper in megabytes.
    pub memory_mb: u32,
}

impl Mappers {
    /// Checks that a job of this many chunks can be read with this consistency.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the chunks cannot all attach to one snapshot at once.
    pub(crate) fn check(self, chunks: ChunkCount, consistency: Consistency) -> Result<()> {
        let (chunks, most) = (chunks.get(), self.concurrency);
        if consistency == Consistency::Snapshot && chunks > most {
            return Err(Error::Invalid(format!(
                "with consistency \"snapshot\" chunks must be at most {most}, not {chunks}: all \
                 attach to the snapshot at once, and so many mappers run at once"
            )));
        }
        Ok(())
    }
}
