use std::ops::Range;

use async_trait::async_trait;

use crate::{error::Result, job::ObjectName};

/// Objects: bytes under a name, for what is too large for the store.
///
/// Nothing here deletes. The deployment removes objects some time after their jobs have expired.
///
/// # Errors
/// Every call returns [`Unavailable`](crate::Error::Unavailable) if the service does not answer. A put
/// may still have been carried out, and may be repeated.
/// [`Misconfigured`](crate::Error::Misconfigured) if the bucket does not exist, or denies access.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Stores an object. When the call returns, every later read sees it; a read never sees a part of
    /// it. Storing the same bytes under the name again changes nothing, and nobody stores others.
    async fn put(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<()>;

    /// Returns the bytes of an object in a range, which is not empty.
    ///
    /// # Errors
    /// [`Corrupt`](crate::Error::Corrupt) if the object does not exist, or not any more, or ends
    /// before the range does.
    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>>;
}
