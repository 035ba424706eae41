use std::hint;

use super::{OpenQuery, query_partials::QueryPartials};
use crate::{
    error::Result,
    kernel::RowGroups,
    rows::{IndexedBatch, RowBatch, RowLayout, split_message},
};

/// Rows that are not combined into groups, because nearly each of them would be a group of its own.
/// Whoever merges the partials of chunks folds them.
///
/// Writing such a group's partial and reading it takes many times longer than folding its row.
pub(super) struct UncombinedRows<'q> {
    layout: RowLayout,
    /// The number of fields that the rows of a group share.
    group_fields: usize,
    /// The rows' messages, one after the other.
    messages: Vec<u8>,
    rows: Vec<RowAt>,
    /// Folds the rows, in order to count those that are skipped, and to find wrong ones.
    tried: QueryPartials<'q>,
    /// How many rows were skipped, a row once for each kernel that skipped it.
    pub(super) skipped: u64,
}

/// Where a row and the key of its group are.
#[derive(Debug, Clone, Copy)]
struct RowAt {
    /// Memory has room for fewer bytes than 2^32.
    start: u32,
    /// From the start of the row.
    key_start: u32,
    key_end: u32,
}

impl<'q> UncombinedRows<'q> {
    /// Starts without rows. All of them have this layout.
    pub(super) fn new(open: &'q OpenQuery<'q>, layout: RowLayout) -> Self {
        Self {
            layout,
            group_fields: open.query.group_by.len(),
            messages: Vec::new(),
            rows: Vec::new(),
            tried: QueryPartials::new(open),
            skipped: 0,
        }
    }

    pub(super) const fn layout(&self) -> &RowLayout {
        &self.layout
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// As for [`QueryPartials::fold`].
    pub(super) fn add(&mut self, batch: RowBatch<'_>, rows: IndexedBatch<'_>) -> Result<()> {
        self.tried.fold(rows, batch.fields(), RowGroups::One(0), 1)?;
        self.skipped += self.tried.skipped(0);
        self.tried.clear();
        self.add_folded(batch, rows);
        Ok(())
    }

    /// Adds the rows of a batch that were folded elsewhere, so that it is known which are skipped.
    pub(super) fn add_folded(&mut self, batch: RowBatch<'_>, rows: IndexedBatch<'_>) {
        let mut start = self.messages.len();
        self.messages.extend_from_slice(batch.messages());
        for row in rows.rows() {
            let key = row.place_of_first(self.group_fields);
            let (key_start, key_end) = (key.start as u32, key.end as u32);
            self.rows.push(RowAt { start: start as u32, key_start, key_end });
            start += row.message().len();
        }
    }

    /// Returns the number of rows.
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the bytes of the rows' messages.
    pub(super) const fn byte_len(&self) -> usize {
        self.messages.len()
    }

    /// Returns about how many bytes the rows take in memory, and take once more when they are sorted.
    pub(super) const fn in_memory(&self) -> usize {
        2 * self.messages.len() + self.rows.len() * IN_MEMORY
    }

    /// Returns the key of a row's group, and where the row starts.
    pub(super) fn key(&self, row: usize) -> (&[u8], u32) {
        let RowAt { start, key_start, key_end } = self.rows[row];
        let message = &self.messages[start as usize..];
        (&message[key_start as usize..key_end as usize], start)
    }

    /// Returns the message of the row that starts there.
    pub(super) fn message(&self, start: u32) -> &[u8] {
        let messages = &self.messages[start as usize..];
        split_message(messages).map_or(messages, |(message, _)| message)
    }

    /// Has the processor load the rows that start there, all at the same time. One after the other, each
    /// would take a hundred nanoseconds if they lie in another order than that of their keys.
    pub(super) fn load(&self, starts: impl Iterator<Item = u32>) {
        let first_bytes = starts.filter_map(|start| self.messages.get(start as usize));
        hint::black_box(first_bytes.fold(0, |all, byte| all ^ byte));
    }

    /// Returns all rows.
    pub(super) fn batch(&self) -> RowBatch<'_> {
        self.layout.batch(&self.messages)
    }

    /// Forgets all rows. Their memory stays for those of the next run, and the layout because an object
    /// has one.
    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.rows.clear();
        self.skipped = 0;
    }

    /// Forgets all rows, and frees their memory.
    pub(super) fn free(&mut self) {
        self.clear();
        self.messages.shrink_to_fit();
        self.rows.shrink_to_fit();
    }
}

/// The bytes of a row in memory besides its message: where it is, and its place in the order of keys.
const IN_MEMORY: usize = 48;
