use std::borrow::Cow;

use super::stored_group::{KeyPlace, Stored, StoredRow};
use crate::{error::Result, rows::RowLayout};

/// Groups in their stored form, one after the other, which are read one at a time.
pub(super) struct GroupCursor<'b> {
    bytes: Cow<'b, [u8]>,
    at: usize,
    /// The length of the group that is next, once it was read.
    length: usize,
    /// Where its key is, if it is a row.
    row_key: Option<KeyPlace>,
}

impl<'b> GroupCursor<'b> {
    pub(super) fn new(bytes: impl Into<Cow<'b, [u8]>>) -> Self {
        Self { bytes: bytes.into(), at: 0, length: 0, row_key: None }
    }

    /// Goes past the group that [`peek`](Self::peek) returned.
    pub(super) const fn advance(&mut self) {
        self.at += self.length;
        self.length = 0;
        self.row_key = None;
    }

    /// Returns the next group; `None` after the last. Rows have this layout, and the key of their group
    /// is their first fields, of this number.
    ///
    /// # Errors
    /// As for [`Stored::read`].
    #[inline]
    pub(super) fn peek(
        &mut self,
        layout: Option<&RowLayout>,
        group_fields: usize,
    ) -> Result<Option<Stored<'_>>> {
        if self.left() == 0 {
            return Ok(None);
        }
        let bytes = &self.bytes[self.at..];
        if let Some(key) = self.row_key {
            return Ok(Some(Stored::Row(StoredRow { message: &bytes[..self.length], key })));
        }
        let (stored, length) = Stored::read(bytes, layout, group_fields)?;
        self.length = length;
        if let Stored::Row(StoredRow { key, .. }) = stored {
            self.row_key = Some(key);
        }
        Ok(Some(stored))
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
