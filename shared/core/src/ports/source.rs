use crate::plan::Planned;
use std::time::Duration;

use async_trait::async_trait;

use crate::{
    error::Result,
    job::SnapshotId,
    kernel::{ChunkFold, Measure},
    plan::{ChunkCount, ChunkRange, Projection},
};

/// The table whose rows are folded.
///
/// # Errors
/// Every call: [`Misconfigured`](crate::Error::Misconfigured) if the table cannot be read as it
/// is configured (missing, no privilege, no usable key, wrong columns);
/// [`Unavailable`](crate::Error::Unavailable) for everything that may be over the next time.
#[async_trait]
pub trait Source: Send + Sync {
    /// A text of at most 64 characters that is the same for two sources if, and only if, they
    /// are configured to read the same rows of the same table.
    fn definition(&self) -> &str;

    /// The columns that may be read, besides the key.
    fn columns(&self) -> &[String];

    /// Cuts the table by its keys, in at most `chunks` chunks of about equally many rows.
    ///
    /// Takes the same few milliseconds at any size of the table: nothing is counted or scanned.
    /// `projection` is what will be read.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) if a column cannot be read as what it is to be read as.
    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned>;

    /// Takes hold of this instant of the table, and cuts the table as it is then: by blocks
    /// where it has such, else as [`plan`](Source::plan) does.
    ///
    /// The instant is let go of after `limit` at the latest, even if the caller is no more.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) if what is read cannot be seen at one instant; says why.
    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)>;

    /// Starts to read at one instant: that of `snapshot`, or else this one. From then on nothing
    /// takes the rows of that instant away.
    ///
    /// # Errors
    /// [`SnapshotGone`](crate::Error::SnapshotGone) if nobody holds `snapshot` any more.
    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>>;
}

/// An instant that is held for others to read at. Dropped, it is let go of.
#[async_trait]
pub trait HeldSnapshot: Send {
    /// What the others call it.
    fn id(&self) -> &SnapshotId;

    /// Lets go of it. Those who have begun to read by then go on.
    async fn release(self: Box<Self>) -> Result<()>;
}

/// A reading of a table at one instant.
#[async_trait]
pub trait Reading: Send {
    /// The name of the instant, of at most 64 characters: the same name means the same
    /// committed rows.
    fn snapshot(&self) -> &str;

    /// Hands the rows of a chunk to `fold`, each exactly once, in no stated order: the key and
    /// what is projected, in its order.
    ///
    /// Memory does not grow with the number of rows. After an error some rows have been folded.
    ///
    /// # Errors
    /// [`Misconfigured`](crate::Error::Misconfigured) if the source is another relation now than
    /// the projection's.
    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn ChunkFold,
    ) -> Result<ReadTimes>;

    /// Counts the rows of a chunk, and hands at least those to `fold` that measure no more than
    /// [`Measure::limit`] of the least.
    ///
    /// A source that cannot measure hands over all of them, and leaves counting to the fold.
    ///
    /// # Errors
    /// As for [`read`](Reading::read).
    async fn narrow(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        _measure: Measure,
        fold: &mut dyn ChunkFold,
    ) -> Result<(ReadTimes, Option<RowCount>)> {
        Ok((self.read(range, projection, fold).await?, None))
    }
}

/// How many rows a chunk has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCount {
    /// All of them.
    pub rows: u64,
    /// Those whose measure is NULL or NaN.
    pub skipped: u64,
}

/// What the reading of a chunk took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadTimes {
    /// Waiting for rows, and taking them in.
    pub reading: Duration,
    /// Folding them.
    pub folding: Duration,
}
