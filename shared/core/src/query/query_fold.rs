use super::{
    FoldedQuery, OpenQuery, QueryPartial,
    group_fold::GroupFold,
    run::{RunCut, TakenRun},
};
use crate::{
    error::Result,
    kernel::{ChunkFold, FoldedChunk},
    rows::{FoldAggregates, FoldRows, RowBatch},
};

/// The fold of a chunk by a query: its state while rows arrive.
pub struct QueryFold<'q>(State<'q>);

enum State<'q> {
    /// One kernel folds rows where they lie.
    One(Box<dyn ChunkFold + 'q>),
    Groups(Box<GroupFold<'q>>),
}

impl OpenQuery<'_> {
    /// Starts a fold over no rows.
    pub fn fold(&self) -> QueryFold<'_> {
        QueryFold::new(self)
    }
}

impl<'q> QueryFold<'q> {
    fn new(open: &'q OpenQuery<'q>) -> Self {
        Self(match (open.query.only_kernel(), open.kernels.first()) {
            (Some(_), Some(only)) => State::One(only.kernel.fold()),
            _ => State::Groups(Box::new(GroupFold::new(open))),
        })
    }

    /// Returns the partial of all rows, after checking that it has an answer. Combines rows that were
    /// not combined.
    ///
    /// # Errors
    /// As for [`ChunkFold::finish`].
    pub fn finish(self) -> Result<FoldedQuery> {
        match self.0 {
            State::One(fold) => {
                let FoldedChunk { partial, rows, skipped } = fold.finish()?;
                Ok(FoldedQuery { partial: QueryPartial::One(partial), rows, skipped })
            }
            State::Groups(fold) => fold.finish(),
        }
    }
}

impl QueryFold<'_> {
    /// Returns about how many bytes the groups take in memory; 0 if they are few.
    pub(crate) fn in_memory(&self) -> usize {
        match &self.0 {
            State::One(_) => 0,
            State::Groups(fold) => fold.in_memory(),
        }
    }

    /// Returns whether there are rows that are not combined into groups, which only a run can have.
    pub(crate) fn has_rows(&self) -> bool {
        match &self.0 {
            State::One(_) => false,
            State::Groups(fold) => fold.has_rows(),
        }
    }

    /// Takes out all groups as a run; `None` if the query makes none.
    ///
    /// # Errors
    /// As for [`finish`](Self::finish).
    pub(crate) fn take_run(&mut self, cut: RunCut) -> Result<Option<TakenRun>> {
        match &mut self.0 {
            State::One(_) => Ok(None),
            State::Groups(fold) => fold.take_run(cut).map(Some),
        }
    }
}

impl FoldRows for QueryFold<'_> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        match &mut self.0 {
            State::One(fold) => fold.fold(batch),
            State::Groups(fold) => fold.fold(batch),
        }
    }
}

impl FoldAggregates for QueryFold<'_> {
    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        match &mut self.0 {
            State::One(fold) => fold.fold_aggregates(batch),
            State::Groups(fold) => fold.fold_aggregates(batch),
        }
    }
}
