use std::time::Duration;

use async_trait::async_trait;

use crate::{
    error::Result,
    job::SnapshotId,
    kernel::{Aggregates, Measure},
    plan::{ChunkCount, ChunkRange, Planned, Projection},
    ports::SourceDescription,
    rows::{FoldAggregates, FoldRows},
};

/// The table whose rows are folded.
///
/// # Errors
/// Every call except [`describe`](Source::describe) returns [`Misconfigured`](crate::Error::Misconfigured) if the table cannot be read as
/// it is configured (missing, no privilege, no usable key, wrong columns);
/// [`Unavailable`](crate::Error::Unavailable) if another call may succeed.
#[async_trait]
pub trait Source: Send + Sync {
    /// Returns a text of at most 64 characters. Two sources have the same text if, and only if,
    /// they are configured to read the same rows of the same table.
    fn definition(&self) -> &str;

    /// Returns the columns that may be read, besides the key.
    fn columns(&self) -> &[String];

    /// Returns the columns by which rows may be filtered.
    fn filters(&self) -> Vec<String>;

    /// Describes the table: its columns with their types, its key, and about how many rows it has.
    ///
    /// Takes the same few milliseconds at any size of the table, and reads no row. A table that
    /// cannot be read as it is configured is described as well, with the reason.
    ///
    /// # Errors
    /// Only those that keep every table of the database from being described.
    async fn describe(&self) -> Result<SourceDescription>;

    /// Cuts the table by its keys into at most `chunks` chunks of about equally many rows.
    ///
    /// Takes the same few milliseconds at any size of the table, and counts and scans nothing.
    /// `projection` is what will be read. Chunks cover the rows that meet its filter; they may be
    /// cut by a column of the filter instead of the key, and the plan then names it.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) if a column cannot be read as the type that is asked for,
    /// rows cannot be filtered or grouped by a column, or its type cannot hold a value of the filter.
    async fn plan(&self, chunks: ChunkCount, projection: &Projection) -> Result<Planned>;

    /// Holds the current instant of the table, and cuts the table as it is at that instant: by
    /// blocks if it has blocks, else as [`plan`](Source::plan) does.
    ///
    /// The instant is released after `limit` at the latest, even if the caller has died.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) if the table cannot be read at one instant; says why.
    async fn hold(
        &self,
        chunks: ChunkCount,
        projection: &Projection,
        limit: Duration,
    ) -> Result<(Planned, Box<dyn HeldSnapshot>)>;

    /// Starts to read at one instant: that of `snapshot` or, without one, the current instant. The
    /// rows of that instant stay readable from then on.
    ///
    /// # Errors
    /// [`SnapshotGone`](crate::Error::SnapshotGone) if nobody holds `snapshot` any more.
    async fn begin(&self, snapshot: Option<&SnapshotId>) -> Result<Box<dyn Reading>>;
}

/// An instant that is held for others to read at. Dropping it releases it.
#[async_trait]
pub trait HeldSnapshot: Send {
    /// Returns the name by which others read at the instant.
    fn id(&self) -> &SnapshotId;

    /// Releases the instant. Readings that have begun by then go on.
    async fn release(self: Box<Self>) -> Result<()>;
}

/// A reading of a table at one instant.
#[async_trait]
pub trait Reading: Send {
    /// Returns the name of the instant, of at most 64 characters: the same name means the same
    /// committed rows.
    fn snapshot(&self) -> &str;

    /// Passes the rows of a chunk that meet the filter to `fold`, each exactly once, in no stated
    /// order: the key if the projection reads it, the values that make groups, and the projected
    /// columns, in the projection's order. Two rows are of one group if, and only if, the bytes of these values are equal.
    ///
    /// Memory does not grow with the number of rows. After an error some rows have been folded.
    ///
    /// # Errors
    /// [`Misconfigured`](crate::Error::Misconfigured) if the source is now another relation than
    /// the projection names.
    async fn read(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        fold: &mut dyn FoldRows,
    ) -> Result<ReadTimes>;

    /// Counts the rows of a chunk, and passes at least those rows to `fold` whose measure is no
    /// more than [`Measure::limit`] of the least.
    ///
    /// A source that cannot measure passes all rows, and leaves counting to the fold.
    ///
    /// # Errors
    /// As for [`read`](Reading::read).
    async fn narrow(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        _measure: Measure,
        fold: &mut dyn FoldRows,
    ) -> Result<(ReadTimes, Option<RowCount>)> {
        Ok((self.read(range, projection, fold).await?, None))
    }

    /// Passes aggregates of the rows of a chunk that meet the filter to `fold`, each row in exactly
    /// one of them: those of `aggregates`, one list after the other. Columns are named by their
    /// places in the projection. A group has the bytes that [`read`](Reading::read) returns.
    ///
    /// A source that cannot aggregate passes the rows themselves.
    ///
    /// # Errors
    /// As for [`read`](Reading::read).
    async fn aggregate(
        self: Box<Self>,
        range: &ChunkRange,
        projection: &Projection,
        _aggregates: &[Aggregates],
        fold: &mut dyn FoldAggregates,
    ) -> Result<ReadTimes> {
        self.read(range, projection, fold).await
    }
}

/// How many rows a chunk has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCount {
    /// All rows.
    pub rows: u64,
    /// Rows whose measure is NULL or NaN.
    pub skipped: u64,
}

/// How long the reading of a chunk took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadTimes {
    /// The time of waiting for rows and receiving them.
    pub reading: Duration,
    /// The time of folding them.
    pub folding: Duration,
}
