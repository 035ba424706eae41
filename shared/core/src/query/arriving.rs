use std::sync::Arc;

use serde_json::Value;

use super::{
    OpenQuery,
    group_merge::SourceForm,
    query_partials::QueryPartials,
    stored_group::{Stored, StoredRow},
};
use crate::{
    error::Result,
    kernel::{AnswerFields, GroupPartials, RowGroups},
    rows::FieldIndex,
};

/// The groups that are completed at a time. A partial may take many kilobytes.
const AT_ONCE: usize = 64;

/// The bytes of rows that are folded at a time.
const FOLDED_AT_ONCE: usize = 64 * 1024;

/// Groups that arrive one after the other, each in parts: partials of its rows, and rows.
///
/// Some groups are held, so that the rows of all of them are folded in one batch.
pub(crate) struct ArrivingGroups<'q> {
    partials: QueryPartials<'q>,
    /// The keys of the groups and the numbers of their rows.
    groups: Vec<(Vec<u8>, u64)>,
    /// The messages of rows that are not folded yet, and the groups of each.
    messages: Vec<u8>,
    numbers: Vec<u32>,
    /// The form of the source of these rows.
    form: Option<Arc<SourceForm>>,
    index: FieldIndex,
}

impl<'q> ArrivingGroups<'q> {
    /// Starts without groups.
    pub(super) fn new(open: &'q OpenQuery<'q>) -> Self {
        Self {
            partials: QueryPartials::new(open),
            groups: Vec::new(),
            messages: Vec::new(),
            numbers: Vec::new(),
            form: None,
            index: FieldIndex::default(),
        }
    }

    /// Returns whether the groups are to be [completed](Self::complete) before another begins.
    pub(super) const fn is_full(&self) -> bool {
        self.groups.len() >= AT_ONCE
    }

    /// Returns whether a group with this key is another than the last.
    pub(super) fn is_new(&self, key: &[u8]) -> bool {
        self.groups.last().is_none_or(|(last, _)| last != key)
    }

    /// Adds a part of a group: of the last one, or of a new one.
    ///
    /// # Errors
    /// As for [`QueryPartials::merge`] and [`QueryPartials::fold`].
    pub(super) fn add(
        &mut self,
        form: &Arc<SourceForm>,
        stored: Stored<'_>,
        is_new: bool,
    ) -> Result<()> {
        if is_new {
            self.groups.push((stored.key().to_vec(), 0));
        }
        let number = self.groups.len() - 1;
        match stored {
            Stored::Group(group) => {
                self.groups[number].1 += group.rows;
                self.partials.merge(number, &form.versions, group)
            }
            Stored::Row(StoredRow { message, .. }) => {
                self.groups[number].1 += 1;
                let is_other = |other: &Arc<SourceForm>| {
                    !Arc::ptr_eq(other, form) && other.layout != form.layout
                };
                if self.form.as_ref().is_some_and(is_other) {
                    self.fold_rows()?;
                }
                self.form.get_or_insert_with(|| Arc::clone(form));
                self.messages.extend_from_slice(message);
                self.numbers.push(number as u32);
                match self.messages.len() >= FOLDED_AT_ONCE {
                    true => self.fold_rows(),
                    false => Ok(()),
                }
            }
        }
    }

    /// Folds the rows that are not folded yet.
    fn fold_rows(&mut self) -> Result<()> {
        let Self { partials, groups, messages, numbers, form, index } = self;
        if let Some(layout) = form.take().as_ref().and_then(|form| form.layout.as_ref()) {
            let batch = layout.batch(messages);
            let rows = partials.index(index, batch)?;
            partials.fold(rows, batch.fields(), RowGroups::Each(numbers), groups.len())?;
        }
        self.messages.clear();
        self.numbers.clear();
        Ok(())
    }

    /// Returns the keys of all groups and the numbers of their rows. What the kernels have of them is in
    /// the partials, in the same order, and is to be taken out before others arrive.
    ///
    /// # Errors
    /// As for [`QueryPartials::fold`].
    pub(super) fn complete(&mut self) -> Result<Vec<(Vec<u8>, u64)>> {
        self.fold_rows()?;
        Ok(std::mem::take(&mut self.groups))
    }

    /// Takes out the answer of each kernel for a group that is complete.
    ///
    /// # Errors
    /// As for [`GroupPartials::answer`].
    pub(super) fn answers(&mut self, group: usize) -> Result<Vec<Value>> {
        self.partials.each().map(|kernel| kernel.answer(group)).collect()
    }

    /// Takes out the same answers for a row of a file.
    ///
    /// # Errors
    /// As for [`GroupPartials::answer_fields`].
    pub(super) fn answer_fields(&mut self, group: usize) -> Result<Vec<AnswerFields>> {
        self.partials.each().map(|kernel| kernel.answer_fields(group)).collect()
    }

    /// Returns how many rows each kernel skipped, of the groups before included: an answer that is taken
    /// out leaves their number.
    pub(super) fn skipped(&mut self) -> Vec<u64> {
        let of_all = |kernel: &mut (dyn GroupPartials + 'q)| {
            (0..AT_ONCE).map(|group| kernel.skipped(group)).sum()
        };
        self.partials.each().map(of_all).collect()
    }
}
