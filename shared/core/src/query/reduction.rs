use std::{mem, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Answer, Compute, GroupType, GroupValue, OpenQuery, Query,
    arriving::ArrivingGroups,
    group::Group,
    group_merge::{GroupMerge, Merged, SourceForm},
    listed_groups::ListedGroups,
    stored_group::Stored,
};
use crate::error::Result;

/// The answer of a query while the groups of its chunks arrive, sorted by their keys. It holds the
/// groups that are listed and a few more.
pub(crate) struct Reduction<'q> {
    query: &'q Query,
    group_types: &'q [GroupType],
    arriving: ArrivingGroups<'q>,
    complete: CompleteGroups<'q>,
}

/// Where groups go that have arrived.
enum CompleteGroups<'q> {
    Listed(ListedGroups<'q>),
    /// They are taken out, in the order of their keys.
    Streamed(Vec<Group>),
}

impl<'q> Reduction<'q> {
    /// Starts without groups. The values of groups have these types.
    pub(crate) fn new(open: &'q OpenQuery<'q>, group_types: &'q [GroupType]) -> Self {
        Self {
            query: open.query,
            group_types,
            arriving: ArrivingGroups::new(open),
            complete: CompleteGroups::Listed(ListedGroups::new(open.query)),
        }
    }

    /// Starts without groups, which [`arrived`](Self::arrived) takes out as they arrive, if the query
    /// has them in the order of their keys. If not, they are taken out at the end.
    pub(crate) fn streamed(open: &'q OpenQuery<'q>, group_types: &'q [GroupType]) -> Self {
        let reduction = Self::new(open, group_types);
        match open.query.order.is_default() {
            true => Self { complete: CompleteGroups::Streamed(Vec::new()), ..reduction },
            false => reduction,
        }
    }

    /// Takes out the groups that have arrived, in the order of their keys.
    pub(crate) fn arrived(&mut self) -> Vec<Group> {
        match &mut self.complete {
            CompleteGroups::Listed(_) => Vec::new(),
            CompleteGroups::Streamed(groups) => mem::take(groups),
        }
    }

    /// Takes groups out of a merge. Returns the sources that are to be filled before it can go on,
    /// none if groups have arrived; `None` after the last group.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn take(&mut self, merge: &mut GroupMerge<'_>) -> Result<Option<Vec<usize>>> {
        loop {
            if let CompleteGroups::Streamed(groups) = &self.complete
                && !groups.is_empty()
            {
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
            self.complete()?;
        }
        self.arriving.add(form, stored, is_new)
    }

    /// Moves the groups that have arrived to where they go.
    fn complete(&mut self) -> Result<()> {
        for (at, (key, rows)) in self.arriving.complete()?.into_iter().enumerate() {
            let values = GroupValue::read(&key, self.group_types)?;
            let group = Group { values, rows, answers: self.arriving.answers(at)? };
            match &mut self.complete {
                CompleteGroups::Listed(listed) => listed.add(group)?,
                CompleteGroups::Streamed(groups) => groups.push(group),
            }
        }
        Ok(())
    }

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
        let groups = self.finish_groups()?;
        let groups: Vec<Value> =
            groups.into_iter().map(|group| group.into_json(self.query)).collect();
        let count = match &self.complete {
            CompleteGroups::Listed(listed) => listed.count(),
            CompleteGroups::Streamed(_) => groups.len(),
        };
        let answer = json!({ "groups": groups, "group_count": count });
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

    /// Returns the groups after the last has arrived: those that are listed, in their order, or those
    /// that were not taken out yet.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn finish_groups(&mut self) -> Result<Vec<Group>> {
        self.complete()?;
        Ok(match &mut self.complete {
            CompleteGroups::Listed(listed) => listed.take(),
            CompleteGroups::Streamed(groups) => mem::take(groups),
        })
    }
}
