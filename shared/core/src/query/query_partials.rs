use super::{
    OpenQuery,
    stored_group::{StoredGroup, StoredPartial},
};
use crate::{
    error::{Error, Result},
    kernel::{GroupPartials, RowGroups},
    rows::{FieldIndex, IndexedBatch, RowBatch},
};

/// The partials of a query's kernels for numbered groups of rows, from 0.
///
/// Each kernel folds a batch in a loop of its own, so that a row costs one search for its group however
/// many kernels there are.
pub(super) struct QueryPartials<'q> {
    open: &'q OpenQuery<'q>,
    kernels: Vec<Box<dyn GroupPartials + 'q>>,
    /// The places of a kernel's columns in the rows of a batch.
    places: Vec<usize>,
}

impl<'q> QueryPartials<'q> {
    /// Starts without groups.
    pub(super) fn new(open: &'q OpenQuery<'q>) -> Self {
        let kernels = open.kernels().map(|kernel| kernel.groups()).collect();
        Self { open, kernels, places: Vec::new() }
    }

    /// Returns the number of kernels.
    pub(super) const fn len(&self) -> usize {
        self.kernels.len()
    }

    /// Finds the fields of the rows of a batch.
    ///
    /// # Errors
    /// As for [`FieldIndex::fill`].
    pub(super) fn index<'b>(
        &self,
        index: &'b mut FieldIndex,
        batch: RowBatch<'b>,
    ) -> Result<IndexedBatch<'b>> {
        let field = |column| field_of(batch.fields(), column);
        let fields = (0..self.open.columns.len()).filter_map(field).max();
        index.fill(batch, self.open.query.group_by.len() + fields.map_or(0, |last| last + 1))
    }

    /// Folds rows into their groups, after making room for `count` groups. `fields` has the field of
    /// each column; empty if each has a field of its own.
    ///
    /// # Errors
    /// As for [`GroupPartials::fold`].
    pub(super) fn fold(
        &mut self,
        rows: IndexedBatch<'_>,
        fields: &[usize],
        groups: RowGroups<'_>,
        count: usize,
    ) -> Result<()> {
        let shared = self.open.query.group_by.len();
        for (open, kernel) in self.open.kernels.iter().zip(&mut self.kernels) {
            let columns = open.columns.clone().filter_map(|column| field_of(fields, column));
            self.places.clear();
            self.places.extend(columns.map(|field| shared + field));
            kernel.grow(count)?;
            kernel.fold(rows, &self.places, groups)?;
        }
        Ok(())
    }

    /// Adds aggregated rows to their groups, after making room for `count` groups.
    ///
    /// # Errors
    /// As for [`GroupPartials::fold_aggregates`].
    pub(super) fn fold_aggregates(
        &mut self,
        rows: IndexedBatch<'_>,
        groups: &[u32],
        count: usize,
    ) -> Result<()> {
        let mut first = self.open.query.group_by.len();
        for (open, kernel) in self.open.kernels.iter().zip(&mut self.kernels) {
            let width = open.kernel.aggregates().map_or(0, |aggregates| aggregates.width());
            self.places.clear();
            self.places.extend(first..first + width);
            first += width;
            kernel.grow(count)?;
            kernel.fold_aggregates(rows, &self.places, groups)?;
        }
        Ok(())
    }

    /// Returns the number of fields of aggregated rows.
    pub(super) fn aggregate_fields(&self) -> usize {
        let aggregates = self.open.kernels().filter_map(|kernel| kernel.aggregates());
        self.open.query.group_by.len() + aggregates.map(|of| of.width()).sum::<usize>()
    }

    /// Merges stored partials, of these versions, into a group.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if they are of other kernels; as for [`GroupPartials::merge`].
    pub(super) fn merge(
        &mut self,
        group: usize,
        versions: &[u16],
        stored: StoredGroup<'_>,
    ) -> Result<()> {
        let count = self.kernels.len();
        if stored.kernels.len() != count || versions.len() != count {
            return Err(Error::corrupt("the partial of a chunk", "it is of other kernels"));
        }
        for ((kernel, stored), version) in self.kernels.iter_mut().zip(stored.kernels).zip(versions)
        {
            let StoredPartial { skipped, partial } = stored?;
            kernel.merge(group, *version, partial, skipped)?;
        }
        Ok(())
    }

    /// Appends the stored form of a group.
    ///
    /// # Errors
    /// As for [`GroupPartials::write`].
    pub(super) fn write(
        &self,
        to: &mut Vec<u8>,
        key: &[u8],
        rows: u64,
        group: usize,
    ) -> Result<()> {
        StoredGroup::begin(to, key, rows, self.kernels.len())?;
        for kernel in &self.kernels {
            let partial = kernel.write(group)?;
            StoredPartial { skipped: kernel.skipped(group), partial: &partial }.write(to)?;
        }
        Ok(())
    }

    /// Returns the bytes of a group's partials in their stored form.
    ///
    /// # Errors
    /// As for [`GroupPartials::write`].
    pub(super) fn stored_bytes(&self, group: usize) -> Result<usize> {
        self.kernels.iter().map(|kernel| kernel.write(group).map(|partial| partial.len())).sum()
    }

    /// Returns how many rows of a group were skipped, a row once for each kernel that skipped it.
    pub(super) fn skipped(&self, group: usize) -> u64 {
        self.kernels.iter().map(|kernel| kernel.skipped(group)).sum()
    }

    /// Returns the kernels' partials one kernel after the other.
    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut (dyn GroupPartials + 'q)> {
        self.kernels.iter_mut().map(|kernel| &mut **kernel)
    }

    /// Forgets all groups.
    pub(super) fn clear(&mut self) {
        self.kernels.iter_mut().for_each(|kernel| kernel.clear());
    }
}

/// Returns the field of a column; `None` if it has none.
fn field_of(fields: &[usize], column: usize) -> Option<usize> {
    if fields.is_empty() { Some(column) } else { fields.get(column).copied() }
}
