use std::task::{Context, Poll};

use crate::{error::Result, rows::RowBatch};

/// What takes the rows of a source as they arrive.
pub trait FoldRows: Send {
    /// Folds the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the rows lack columns;
    /// [`Error::Misconfigured`](crate::Error::Misconfigured) if a row has no key, or too long a key;
    /// [`Error::Kernel`](crate::Error::Kernel) if a kernel panics, or has panicked before;
    /// [`Error::PartialsTooLarge`](crate::Error::PartialsTooLarge) if the rows make more groups than
    /// a job can have. After an error, some rows of the batch may have been folded.
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()>;

    /// Returns whether more rows may come. A source waits for it after each batch, so that rows do
    /// not arrive faster than they are written somewhere.
    ///
    /// # Errors
    /// Those of where the rows are written.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<F: FnMut(RowBatch<'_>) -> Result<()> + Send> FoldRows for F {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        self(batch)
    }
}

/// What takes the rows of a source, or what the source has computed over them.
pub trait FoldAggregates: FoldRows {
    /// Adds aggregates of the source's rows. A row of the batch is for one or more rows of the
    /// source that are of one group: its key is their number, and its columns are the values that
    /// make the group and then the aggregates. A group may be met again.
    ///
    /// # Errors
    /// As for [`fold`](FoldRows::fold).
    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()>;
}
