use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Answer, Compute, FileRows, GroupType, GroupValue, OpenQuery, Query,
    arriving::ArrivingGroups,
    group::Group,
    group_merge::{GroupMerge, Merged, SourceForm},
    listed_groups::ListedGroups,
    stored_group::Stored,
};
use crate::error::Result;

/// The answer of a query while the groups of its chunks arrive, sorted by their keys. It holds the
/// groups that are listed and a few more.
pub(crate) struct Reduction<'q, C = ListedGroups<'q>> {
    query: &'q Query,
    group_types: &'q [GroupType],
    arriving: ArrivingGroups<'q>,
    complete: C,
}

/// Where groups go that have arrived, in the order of their keys.
pub(crate) trait CompleteGroups {
    /// Adds a group. It takes the answers of the group of this number out of `arriving`.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    fn add(
        &mut self,
        values: Vec<GroupValue>,
        rows: u64,
        arriving: &mut ArrivingGroups<'_>,
        number: usize,
    ) -> Result<()>;

    /// Returns whether groups are to be taken out before more come.
    fn is_full(&self) -> bool;
}

impl CompleteGroups for ListedGroups<'_> {
    fn add(
        &mut self,
        values: Vec<GroupValue>,
        rows: u64,
        arriving: &mut ArrivingGroups<'_>,
        number: usize,
    ) -> Result<()> {
        self.add(Group { values, rows, answers: arriving.answers(number)? })
    }

    fn is_full(&self) -> bool {
        false
    }
}

impl CompleteGroups for FileRows<'_> {
    fn add(
        &mut self,
        values: Vec<GroupValue>,
        rows: u64,
        arriving: &mut ArrivingGroups<'_>,
        number: usize,
    ) -> Result<()> {
        self.push_fields(&values, rows, &arriving.answer_fields(number)?)
    }

    fn is_full(&self) -> bool {
        self.is_full()
    }
}

impl<'q> Reduction<'q> {
    /// Starts without groups. The values of groups have these types.
    pub(crate) fn new(open: &'q OpenQuery<'q>, group_types: &'q [GroupType]) -> Self {
        Self::with(open, group_types, ListedGroups::new(open.query))
    }
}

impl<'q, C: CompleteGroups> Reduction<'q, C> {
    /// Starts without groups, which go into `complete`.
    pub(crate) fn with(open: &'q OpenQuery<'q>, group_types: &'q [GroupType], complete: C) -> Self {
        Self { query: open.query, group_types, arriving: ArrivingGroups::new(open), complete }
    }

    /// Returns where groups go.
    pub(crate) const fn complete(&mut self) -> &mut C {
        &mut self.complete
    }

    /// Takes groups out of a merge. Returns the sources that are to be filled before it can go on,
    /// none if groups are to be taken out first; `None` after the last group.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn take(&mut self, merge: &mut GroupMerge<'_>) -> Result<Option<Vec<usize>>> {
        loop {
            if self.complete.is_full() {
                return Ok(Some(Vec::new()));
            }
            match merge.next()? {
                Merged::Group(form, stored) => self.add(form, stored)?,
                Merged::Hungry(sources) => return Ok(Some(sources)),
                Merged::End => return Ok(None),
            }
        }
    }

    fn add(&mut self, form: &Arc<SourceForm>, stored: Stored<'_>) -> Result<()> {
        let is_new = self.arriving.is_new(stored.key());
        if is_new && self.arriving.is_full() {
            self.complete_groups()?;
        }
        self.arriving.add(form, stored, is_new)
    }

    /// Moves the groups that have arrived to where they go.
    fn complete_groups(&mut self) -> Result<()> {
        for (number, (key, rows)) in self.arriving.complete()?.into_iter().enumerate() {
            let values = GroupValue::read(&key, self.group_types)?;
            self.complete.add(values, rows, &mut self.arriving, number)?;
        }
        Ok(())
    }

    /// Returns where groups went after the last of them.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn finish_groups(mut self) -> Result<C> {
        self.complete_groups()?;
        Ok(self.complete)
    }
}

impl<'q> Reduction<'q> {
    /// Returns the answer after the last group.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn finish(mut self) -> Result<Answer> {
        if self.query.group_by.is_empty() {
            self.arriving.complete()?;
            // There is an answer for no rows, too.
            let answers: Map<String, Value> = self.names().zip(self.arriving.answers(0)?).collect();
            return Ok(Answer { answer: Value::Object(answers), skipped: self.skipped() });
        }
        self.complete_groups()?;
        let groups = self.complete.take().into_iter();
        let groups: Vec<Value> = groups.map(|group| group.into_json(self.query)).collect();
        let answer = json!({ "groups": groups, "group_count": self.complete.count() });
        Ok(Answer { answer, skipped: self.skipped() })
    }

    fn names(&self) -> impl Iterator<Item = String> + use<'q> {
        self.query.compute.iter().map(|(name, _)| name.to_owned())
    }

    /// Returns how many rows each named kernel skipped.
    fn skipped(&mut self) -> Vec<(String, u64)> {
        match &self.query.compute {
            Compute::One(_) | Compute::Rows(_) => Vec::new(),
            Compute::Named(_) => self.names().zip(self.arriving.skipped()).collect(),
        }
    }
}
