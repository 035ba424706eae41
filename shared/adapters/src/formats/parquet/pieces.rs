use std::mem;

use bytes::Bytes;

/// Byte strings one after the other, in two allocations.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
}

impl Pieces {
    /// Adds a string. A field of the protocol has less than 2^31 bytes, and a row group is written
    /// before the strings of a column have as many.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        self.ends.push(self.bytes.len() as u32);
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the string of a number, from 0.
    pub(super) fn get(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[at] as usize]
    }

    /// Removes and returns all strings, which share one allocation until the last of them is dropped.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Bytes> {
        let bytes = Bytes::from(mem::take(&mut self.bytes));
        let mut start = 0;
        self.ends.drain(..).map(move |end| {
            let piece = bytes.slice(start..end as usize);
            start = end as usize;
            piece
        })
    }
}
