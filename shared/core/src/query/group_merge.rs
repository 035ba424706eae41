use std::{
    borrow::Cow,
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, VecDeque},
};

use super::{group_cursor::GroupCursor, stored_group::StoredGroup};
use crate::error::{Error, Result};

/// Merges sorted groups of several sources, such as the records and the runs of a job's chunks, into
/// one sequence. Groups of equal keys come in the order of their sources.
///
/// It needs only the next bytes of each source, and asks for more when they are used up.
#[derive(Default)]
pub(crate) struct GroupMerge<'b> {
    sources: Vec<Source<'b>>,
    /// The next group of each source, the least on top.
    heads: BinaryHeap<Reverse<Head>>,
    /// Sources whose next group is to be read, which is not among the heads.
    due: Vec<usize>,
}

struct Source<'b> {
    /// The versions of the kernels' partials.
    versions: Vec<u16>,
    cursors: VecDeque<GroupCursor<'b>>,
    /// Whether no more bytes follow.
    is_last: bool,
    /// The bytes that it had after it was filled.
    filled: usize,
    /// The key of the group before.
    before: Option<Vec<u8>>,
}

/// What a merge does next.
pub(super) enum Merged<'m> {
    /// The next group, and the versions of its partials.
    Group(&'m [u16], StoredGroup),
    /// Nothing before these sources are filled: one that is used up, and others that are nearly so.
    Hungry(Vec<usize>),
    /// There are no more groups.
    End,
}

impl<'b> GroupMerge<'b> {
    /// Adds a source without bytes, and returns its number. Numbers count from 0.
    pub(crate) fn add(&mut self, versions: Vec<u16>) -> usize {
        let number = self.sources.len();
        let cursors = VecDeque::new();
        self.sources.push(Source { versions, cursors, is_last: false, filled: 0, before: None });
        self.due.push(number);
        number
    }

    /// Gives a source its next bytes, which are of whole groups.
    pub(crate) fn fill(&mut self, source: usize, bytes: impl Into<Cow<'b, [u8]>>, is_last: bool) {
        let source = &mut self.sources[source];
        source.cursors.push_back(GroupCursor::new(bytes));
        source.is_last = is_last;
        source.filled = source.left();
    }

    /// Returns the next group.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a group does not read back, or a source is not sorted.
    pub(super) fn next(&mut self) -> Result<Merged<'_>> {
        while let Some(number) = self.due.last().copied() {
            let source = &mut self.sources[number];
            match source.next()? {
                Some(group) => self.heads.push(Reverse(Head { group, source: number })),
                None if source.is_last => {}
                None => return Ok(Merged::Hungry(self.hungry())),
            }
            self.due.pop();
        }
        let Some(Reverse(Head { group, source })) = self.heads.pop() else {
            return Ok(Merged::End);
        };
        self.due.push(source);
        Ok(Merged::Group(&self.sources[source].versions, group))
    }

    /// Returns the sources that have more bytes to come and little left of those before. They are filled
    /// together, because each fill takes the time of a request.
    fn hungry(&self) -> Vec<usize> {
        let is_hungry = |source: &Source<'_>| !source.is_last && 2 * source.left() <= source.filled;
        (0..self.sources.len()).filter(|number| is_hungry(&self.sources[*number])).collect()
    }
}

impl Source<'_> {
    fn left(&self) -> usize {
        self.cursors.iter().map(GroupCursor::left).sum()
    }

    fn next(&mut self) -> Result<Option<StoredGroup>> {
        while let Some(cursor) = self.cursors.front_mut() {
            let Some(group) = cursor.next()? else {
                self.cursors.pop_front();
                continue;
            };
            if self.before.as_ref().is_some_and(|before| *before >= group.key) {
                return Err(Error::corrupt("the groups of a chunk", "they are not sorted"));
            }
            let before = self.before.get_or_insert_default();
            before.clear();
            before.extend_from_slice(&group.key);
            return Ok(Some(group));
        }
        Ok(None)
    }
}

/// The next group of a source, which comes before others by its key, then by its source.
struct Head {
    group: StoredGroup,
    source: usize,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.group.key.cmp(&other.group.key).then(self.source.cmp(&other.source))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}
