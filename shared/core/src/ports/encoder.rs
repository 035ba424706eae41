use crate::{error::Result, output::Output, rows::RowBatch};

/// The formats of files.
pub trait Encoders: Send + Sync {
    /// Starts a file without rows.
    ///
    /// # Errors
    /// [`Invalid`](crate::Error::Invalid) if the format cannot have such columns.
    fn begin(&self, output: &Output) -> Result<Box<dyn Encoder>>;
}

/// A file that is being written. Its memory does not grow with the number of rows.
pub trait Encoder: Send {
    /// Adds the rows of a batch. Each has a field for each column of the output, in the form of the
    /// column's [`ValueType`](crate::ValueType), after its key.
    ///
    /// # Errors
    /// [`Misconfigured`](crate::Error::Misconfigured) names a value that the format cannot have, and
    /// its column; [`Corrupt`](crate::Error::Corrupt) if rows have other fields.
    fn add(&mut self, rows: RowBatch<'_>) -> Result<()>;

    /// Takes the bytes that the file has so far, and that were not taken before.
    fn take(&mut self) -> Vec<u8>;

    /// Ends the file. Returns the bytes that were not taken before.
    ///
    /// # Errors
    /// As for [`add`](Encoder::add).
    fn finish(self: Box<Self>) -> Result<Vec<u8>>;
}
