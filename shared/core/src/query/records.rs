//! The answer over partials that are in records.

use std::sync::Arc;

use super::{
    Answer, GroupType, OpenQuery, QueryPartial, Reduction,
    group_cursor::GroupCursor,
    group_merge::{GroupMerge, SourceForm},
};
use crate::{
    error::{Error, Result},
    kernel::Partial,
    partition::Partition,
};

impl OpenQuery<'_> {
    /// Merges the partials of chunks and returns the answer. The partials are in records, not in
    /// objects. The values of groups have these types.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back, or is that of another query or in an
    /// object; [`Error::TooManyGroupsOfJob`] if the answer would list too many groups;
    /// [`Error::Kernel`] if a kernel breaks its contract.
    pub fn answer<'p>(
        &self,
        group_types: &[GroupType],
        partials: impl Iterator<Item = &'p QueryPartial>,
    ) -> Result<Answer> {
        if self.is_of_one() {
            let ones = partials.map(of_one).collect::<Result<Vec<&Partial>>>()?;
            return self.answer_of_one(&mut ones.into_iter());
        }
        let mut merge = GroupMerge::new(self.query.group_by.len());
        for partial in partials {
            merge.add_record(partial, None)?;
        }
        let mut reduction = Reduction::new(self, group_types);
        match reduction.take(&mut merge)? {
            // Records have all their groups.
            Some(_) => Err(other_query("it ends too early")),
            None => reduction.finish(),
        }
    }

    /// Returns whether the query is that of one kernel over rows that make no groups.
    pub(crate) fn is_of_one(&self) -> bool {
        self.query.only_kernel().is_some()
    }

    /// Returns the answer of the only kernel, from its partials.
    ///
    /// # Errors
    /// As for [`answer`](Self::answer).
    pub(crate) fn answer_of_one(
        &self,
        partials: &mut dyn Iterator<Item = &Partial>,
    ) -> Result<Answer> {
        let only = self.kernels.first().ok_or_else(|| other_query("it has no kernel"))?;
        Ok(Answer { answer: only.kernel.answer(partials)?, skipped: Vec::new() })
    }
}

impl<'p> GroupMerge<'p> {
    /// Adds the groups of a record, of `only` a partition or all.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the record has no groups; [`Error::OtherVersion`].
    pub(crate) fn add_record(
        &mut self,
        partial: &'p QueryPartial,
        only: Option<Partition>,
    ) -> Result<()> {
        let QueryPartial::Groups(stored) = partial else {
            return Err(other_query("it has no groups"));
        };
        let versions = stored.kernels().to_vec();
        let source = self.add(Arc::new(SourceForm { versions, layout: None }));
        match only.filter(|only| only.of() > 1) {
            None => self.fill(source, stored.groups()?, true),
            Some(only) => self.fill(source, groups_of(only, stored.groups()?)?, true),
        }
        Ok(())
    }
}

/// Returns the partial of the only kernel.
///
/// # Errors
/// [`Error::Corrupt`] if there are groups, or an object has the partial.
pub(crate) fn of_one(partial: &QueryPartial) -> Result<&Partial> {
    match partial {
        QueryPartial::One(partial) => Ok(partial),
        QueryPartial::Groups(_) => Err(other_query("it has groups")),
        QueryPartial::Run(_) | QueryPartial::Part(_) => Err(other_query("it is in an object")),
    }
}

/// Returns those groups, one after the other, that are in a partition.
fn groups_of(only: Partition, groups: &[u8]) -> Result<Vec<u8>> {
    let (mut kept, mut start) = (Vec::new(), 0);
    let mut cursor = GroupCursor::new(groups);
    while let Some(group) = cursor.peek(None, 0)? {
        let is_kept = only.contains(group.key());
        cursor.advance();
        if is_kept {
            kept.extend_from_slice(&groups[start..cursor.at()]);
        }
        start = cursor.at();
    }
    Ok(kept)
}

fn other_query(problem: &str) -> Error {
    Error::corrupt("the partial of a chunk", problem)
}
