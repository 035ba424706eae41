use serde_json::Value;

use super::{
    Aggregation, AnswerFields, Folded, Kernel,
    answer::answer,
    fault::{fault, guarded},
    partial::{check_version, corrupt, parsed, written},
};
use crate::{error::Result, rows::IndexedBatch};

/// The partials of one kernel for numbered groups of rows, from 0.
///
/// A group that no row and no partial was added to has the kernel's identity.
///
/// # Errors
/// Every call returns [`Error::Kernel`](crate::Error::Kernel) if the kernel breaks its contract, or
/// has panicked before.
pub trait GroupPartials: Send {
    /// Makes room for groups up to `groups`, at least as many as before.
    fn grow(&mut self, groups: usize) -> Result<()>;

    /// Folds each row of a batch into its group. The kernel's columns are in the fields at these
    /// places.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the rows lack the kernel's columns. Some rows
    /// may have been folded then.
    fn fold(
        &mut self,
        batch: IndexedBatch<'_>,
        places: &[usize],
        groups: RowGroups<'_>,
    ) -> Result<()>;

    /// Adds the aggregates of rows, which lie at these places, to the group of each row of a batch;
    /// `groups` has the number of the group of each.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a row lacks the kernel's aggregates. Some rows
    /// may have been added then.
    fn fold_aggregates(
        &mut self,
        batch: IndexedBatch<'_>,
        places: &[usize],
        groups: &[u32],
    ) -> Result<()>;

    /// Forgets all groups.
    fn clear(&mut self);

    /// Merges a partial that [`write`](GroupPartials::write) returned, of `version`, into a group.
    ///
    /// # Errors
    /// [`Error::OtherVersion`](crate::Error::OtherVersion);
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the partial does not read back.
    fn merge(&mut self, group: usize, version: u16, partial: &[u8], skipped: u64) -> Result<()>;

    /// Returns the stored form of a group's partial, after checking that it reads back.
    fn write(&self, group: usize) -> Result<Vec<u8>>;

    /// Returns the number of rows of a group that the kernel skipped.
    fn skipped(&self, group: usize) -> u64;

    /// Returns the answer of a group, a JSON object. The group has the kernel's identity afterwards.
    fn answer(&mut self, group: usize) -> Result<Value>;

    /// Returns the same answer for a row of a file.
    fn answer_fields(&mut self, group: usize) -> Result<AnswerFields>;
}

/// The groups of a batch's rows, by their numbers.
#[derive(Debug, Clone, Copy)]
pub enum RowGroups<'g> {
    /// All rows are of one group.
    One(usize),
    /// The group of each row, as many as there are rows.
    Each(&'g [u32]),
}

pub(super) struct KernelGroups<'a, K: Kernel> {
    kernel: &'a K,
    partials: Vec<K::Partial>,
    skipped: Vec<u64>,
    /// The problem, once the kernel has panicked.
    broken: Option<String>,
}

impl<'a, K: Kernel> KernelGroups<'a, K> {
    pub(super) const fn new(kernel: &'a K) -> Self {
        Self { kernel, partials: Vec::new(), skipped: Vec::new(), broken: None }
    }

    /// Runs `call`; if it panics, the kernel is broken from then on.
    fn guarded<T>(&mut self, step: &str, call: impl FnOnce(&mut Self) -> T) -> Result<T> {
        if let Some(problem) = &self.broken {
            return Err(fault::<K>(problem));
        }
        guarded(step, || call(&mut *self)).map_err(|problem| {
            self.broken = Some(problem.clone());
            fault::<K>(problem)
        })
    }

    /// Returns a group's partial and leaves the identity.
    fn take(&mut self, group: usize) -> Result<K::Partial> {
        self.grow(group + 1)?;
        self.guarded("identity", |all| {
            std::mem::replace(&mut all.partials[group], all.kernel.identity())
        })
    }
}

impl<K: Kernel> GroupPartials for KernelGroups<'_, K> {
    fn grow(&mut self, groups: usize) -> Result<()> {
        if groups <= self.partials.len() {
            return Ok(());
        }
        self.skipped.resize(groups, 0);
        self.guarded("identity", |all| {
            all.partials.resize_with(groups, || all.kernel.identity());
        })
    }

    fn fold(
        &mut self,
        batch: IndexedBatch<'_>,
        places: &[usize],
        groups: RowGroups<'_>,
    ) -> Result<()> {
        self.guarded("fold", |all| {
            let Self { kernel, partials, skipped, .. } = all;
            match groups {
                RowGroups::One(group) => {
                    let (partial, skipped) = (&mut partials[group], &mut skipped[group]);
                    batch.for_each(places, |key, row| {
                        if kernel.fold(partial, key, row) == Folded::Skipped {
                            *skipped += 1;
                        }
                    })
                }
                RowGroups::Each(groups) => {
                    let mut groups = groups.iter();
                    batch.for_each(places, |key, row| {
                        // There are as many as rows.
                        let group = groups.next().map_or(0, |group| *group as usize);
                        if kernel.fold(&mut partials[group], key, row) == Folded::Skipped {
                            skipped[group] += 1;
                        }
                    })
                }
            }
        })?
    }

    fn fold_aggregates(
        &mut self,
        batch: IndexedBatch<'_>,
        places: &[usize],
        groups: &[u32],
    ) -> Result<()> {
        let Some(Aggregation { aggregates, partial }) = self.kernel.aggregation() else {
            return Err(fault::<K>("it has no aggregation"));
        };
        self.guarded("aggregation", |all| {
            let Self { kernel, partials, skipped, .. } = all;
            for (row, group) in batch.rows().zip(groups) {
                let (more, unused) = partial(kernel, aggregates.read(row, places)?);
                let group = *group as usize;
                let before = std::mem::replace(&mut partials[group], kernel.identity());
                partials[group] = kernel.merge(before, more);
                skipped[group] += unused;
            }
            Ok(())
        })?
    }

    fn clear(&mut self) {
        self.partials.clear();
        self.skipped.clear();
    }

    fn merge(&mut self, group: usize, version: u16, partial: &[u8], skipped: u64) -> Result<()> {
        check_version::<K>(version)?;
        let partial = parsed::<K>(partial).map_err(corrupt::<K>)?;
        let before = self.take(group)?;
        self.skipped[group] += skipped;
        self.guarded("merge", |all| {
            all.partials[group] = all.kernel.merge(before, partial);
        })
    }

    fn write(&self, group: usize) -> Result<Vec<u8>> {
        let partial = match (&self.broken, self.partials.get(group)) {
            (Some(problem), _) => return Err(fault::<K>(problem)),
            (None, Some(partial)) => written(self.kernel, partial)?,
            (None, None) => {
                let none = guarded("identity", || self.kernel.identity()).map_err(fault::<K>)?;
                written(self.kernel, &none)?
            }
        };
        // A fault found here fails this chunk; found later, it would fail the whole job.
        parsed::<K>(&partial)
            .map_err(|problem| fault::<K>(format!("its partial does not read back: {problem}")))?;
        Ok(partial)
    }

    fn skipped(&self, group: usize) -> u64 {
        self.skipped.get(group).copied().unwrap_or_default()
    }

    fn answer(&mut self, group: usize) -> Result<Value> {
        let partial = self.take(group)?;
        answer(self.kernel, partial)
    }

    fn answer_fields(&mut self, group: usize) -> Result<AnswerFields> {
        let partial = self.take(group)?;
        let fields = guarded("answer_fields", || self.kernel.answer_fields(&partial));
        match fields.map_err(fault::<K>)? {
            Some(fields) => Ok(AnswerFields::InOrder(fields)),
            None => answer(self.kernel, partial).map(AnswerFields::Json),
        }
    }
}
