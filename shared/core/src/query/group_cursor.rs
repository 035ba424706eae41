use std::borrow::Cow;

use super::stored_group::Stored;
use crate::{error::Result, rows::RowLayout};

/// Groups in their stored form, one after the other, which are read one at a time.
pub(super) struct GroupCursor<'b> {
    bytes: Cow<'b, [u8]>,
    at: usize,
    /// The length of the group that is next, once it was read.
    length: usize,
}

impl<'b> GroupCursor<'b> {
    pub(super) fn new(bytes: impl Into<Cow<'b, [u8]>>) -> Self {
        Self { bytes: bytes.into(), at: 0, length: 0 }
    }

    /// Goes past the group that [`peek`](Self::peek) returned.
    pub(super) const fn advance(&mut self) {
        self.at += self.length;
        self.length = 0;
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
        let (stored, length) = Stored::read(&self.bytes[self.at..], layout, group_fields)?;
        self.length = length;
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
