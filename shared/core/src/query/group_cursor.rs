use std::{borrow::Cow, io::Cursor};

use serde::Deserialize;

use super::stored_group::StoredGroup;
use crate::error::{Error, Result};

/// Groups in their stored form, one after the other, which are read one at a time.
pub(super) struct GroupCursor<'b> {
    bytes: Cow<'b, [u8]>,
    at: usize,
}

impl<'b> GroupCursor<'b> {
    pub(super) fn new(bytes: impl Into<Cow<'b, [u8]>>) -> Self {
        Self { bytes: bytes.into(), at: 0 }
    }

    /// Returns the next group; `None` after the last.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if it does not read back.
    pub(super) fn next(&mut self) -> Result<Option<StoredGroup>> {
        if self.left() == 0 {
            return Ok(None);
        }
        let mut reader = rmp_serde::Deserializer::new(Cursor::new(&self.bytes[self.at..]));
        let group = StoredGroup::deserialize(&mut reader)
            .map_err(|error| Error::corrupt("the groups of a chunk", error))?;
        self.at += reader.position() as usize;
        Ok(Some(group))
    }

    /// Returns the place of the next group.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Returns the bytes that are not read yet.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}
