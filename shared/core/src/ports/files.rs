use std::time::Duration;

use async_trait::async_trait;

use crate::{
    error::Result,
    job::{NewObject, ObjectName},
};

/// Objects that may be larger than memory: the files of results, which others read, and large partials.
///
/// # Errors
/// As for [`Objects`](crate::Objects).
#[async_trait]
pub trait Files: Send + Sync {
    /// Starts an object whose bytes arrive one after the other. Its name begins as `object` says, and no
    /// other call of anybody gets the same name. Calls no service yet.
    fn create(&self, object: NewObject) -> Box<dyn Upload + '_>;

    /// Returns whether an object of this name exists.
    async fn has(&self, name: &ObjectName) -> Result<bool>;

    /// Returns a link by which anybody can read an object for so long, or until the credentials of
    /// this function expire. A browser saves it as `file`. The object need not exist.
    async fn link(&self, name: &ObjectName, file: &str, valid: Duration) -> Result<String>;
}

/// An object whose bytes arrive one after the other. Memory does not grow with their number.
///
/// If it is dropped before its end, it never exists; the deployment removes what was sent of it.
///
/// # Errors
/// As for [`Objects::put`](crate::Objects::put). After an error it cannot be ended.
#[async_trait]
pub trait Upload: Send {
    /// Returns the name of the object.
    fn name(&self) -> &ObjectName;

    /// Adds bytes.
    async fn write(&mut self, bytes: Vec<u8>) -> Result<()>;

    /// Ends the object. When the call returns, every later read sees it; before, none does.
    async fn finish(self: Box<Self>) -> Result<()>;
}
