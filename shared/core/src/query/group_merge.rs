use std::{
    borrow::Cow,
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, VecDeque, binary_heap::PeekMut},
    sync::Arc,
};

use super::{group_cursor::GroupCursor, key_order::KeyOrder, stored_group::Stored};
use crate::{
    error::{Error, Result},
    rows::RowLayout,
};

/// Merges sorted groups of several sources, such as the records and the runs of a job's chunks, into
/// one sequence. Groups of equal keys come in the order of their sources.
///
/// It needs only the next bytes of each source, and asks for more when they are used up.
pub(crate) struct GroupMerge<'b> {
    /// The number of fields that the rows of a group share.
    group_fields: usize,
    sources: Vec<Source<'b>>,
    /// The next group of each source, the least on top.
    heads: BinaryHeap<Reverse<Head>>,
    /// Sources whose first group is not among the heads yet.
    due: Vec<usize>,
    /// Whether the group of the least head was returned, so that its source is to go on.
    is_returned: bool,
}

/// The form in which a source has its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceForm {
    /// The versions of the kernels' partials.
    pub(crate) versions: Vec<u16>,
    /// The layout of rows, if the source has some.
    pub(crate) layout: Option<RowLayout>,
}

struct Source<'b> {
    form: Arc<SourceForm>,
    cursors: VecDeque<GroupCursor<'b>>,
    /// Whether no more bytes follow.
    is_last: bool,
    /// The bytes that it had after it was filled.
    filled: usize,
}

/// What a merge does next.
pub(super) enum Merged<'m> {
    /// The next part of a group, and the form of its source.
    Group(&'m Arc<SourceForm>, Stored<'m>),
    /// Nothing before these sources are filled: one that is used up, and others that are nearly so.
    Hungry(Vec<usize>),
    /// There are no more groups.
    End,
}

impl<'b> GroupMerge<'b> {
    /// Starts without sources. The rows of a group share so many fields.
    pub(crate) const fn new(group_fields: usize) -> Self {
        Self {
            group_fields,
            sources: Vec::new(),
            heads: BinaryHeap::new(),
            due: Vec::new(),
            is_returned: false,
        }
    }

    /// Adds a source without bytes, and returns its number. Numbers count from 0.
    pub(crate) fn add(&mut self, form: Arc<SourceForm>) -> usize {
        // Forms are compared here instead of for each row.
        let form = match self.sources.last() {
            Some(last) if last.form == form => Arc::clone(&last.form),
            _ => form,
        };
        let number = self.sources.len();
        let cursors = VecDeque::new();
        self.sources.push(Source { form, cursors, is_last: false, filled: 0 });
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

    /// Returns the next part of a group.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a group does not read back, or a source is not sorted.
    pub(super) fn next(&mut self) -> Result<Merged<'_>> {
        if self.is_returned && !self.go_on()? {
            return Ok(Merged::Hungry(self.hungry()));
        }
        while let Some(number) = self.due.last().copied() {
            let source = &mut self.sources[number];
            let is_last = source.is_last;
            match source.peek(self.group_fields)? {
                Some(stored) => self.heads.push(Reverse(Head::new(stored.key(), number))),
                None if is_last => {}
                None => return Ok(Merged::Hungry(self.hungry())),
            }
            self.due.pop();
        }
        let Some(Reverse(least)) = self.heads.peek() else { return Ok(Merged::End) };
        self.is_returned = true;
        let source = &mut self.sources[least.source];
        let form = &source.form;
        match peek(&mut source.cursors, form, self.group_fields)? {
            Some(stored) => Ok(Merged::Group(form, stored)),
            None => Err(not_sorted()),
        }
    }

    /// Moves the source of the least head to its next group. Returns whether it did, or has no more.
    fn go_on(&mut self) -> Result<bool> {
        let Some(mut least) = self.heads.peek_mut() else { return Ok(true) };
        let source = &mut self.sources[least.0.source];
        let is_last = source.is_last;
        source.advance();
        match source.peek(self.group_fields)? {
            Some(stored) => least.0.move_to(stored.key())?,
            None if is_last => drop(PeekMut::pop(least)),
            None => return Ok(false),
        }
        self.is_returned = false;
        Ok(true)
    }

    /// Returns the sources that have more bytes to come and little left of those before. They are filled
    /// together, because each fill takes the time of a request.
    fn hungry(&self) -> Vec<usize> {
        let is_hungry = |source: &Source<'_>| !source.is_last && 2 * source.left() <= source.filled;
        (0..self.sources.len()).filter(|number| is_hungry(&self.sources[*number])).collect()
    }
}

impl<'b> Source<'b> {
    fn left(&self) -> usize {
        self.cursors.iter().map(GroupCursor::left).sum()
    }

    fn peek(&mut self, group_fields: usize) -> Result<Option<Stored<'_>>> {
        peek(&mut self.cursors, &self.form, group_fields)
    }

    /// Goes past the group that [`peek`](Self::peek) returned.
    fn advance(&mut self) {
        if let Some(cursor) = self.cursors.front_mut() {
            cursor.advance();
        }
    }
}

/// Returns the next group of a source, of those bytes that it has.
fn peek<'c>(
    cursors: &'c mut VecDeque<GroupCursor<'_>>,
    form: &SourceForm,
    group_fields: usize,
) -> Result<Option<Stored<'c>>> {
    while cursors.front().is_some_and(|cursor| cursor.left() == 0) {
        cursors.pop_front();
    }
    match cursors.front_mut() {
        Some(cursor) => cursor.peek(form.layout.as_ref(), group_fields),
        None => Ok(None),
    }
}

#[cold]
fn not_sorted() -> Error {
    Error::corrupt("the groups of a chunk", "they are not sorted")
}

/// The next group of a source, which comes before others by its key, then by its source.
struct Head {
    order: KeyOrder,
    /// Empty if the order has the whole key.
    key: Vec<u8>,
    source: usize,
}

impl Head {
    fn new(key: &[u8], source: usize) -> Self {
        let order = KeyOrder::of(key);
        let key = if order.is_whole() { Vec::new() } else { key.to_vec() };
        Self { order, key, source }
    }

    /// Moves to the next key of the source.
    fn move_to(&mut self, key: &[u8]) -> Result<()> {
        let order = KeyOrder::of(key);
        if order.compare(&self.order, || key.cmp(&self.key)).is_lt() {
            return Err(not_sorted());
        }
        self.order = order;
        self.key.clear();
        if !order.is_whole() {
            self.key.extend_from_slice(key);
        }
        Ok(())
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let keys = self.order.compare(&other.order, || self.key.cmp(&other.key));
        keys.then(self.source.cmp(&other.source))
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
