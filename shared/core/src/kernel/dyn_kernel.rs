use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Aggregates, Aggregation, Description, Folded, GroupPartials, Kernel, Measure, Partial,
    answer::answer,
    fault::{fault, guarded},
    group_partials::KernelGroups,
};
use crate::{
    error::{Error, Result},
    rows::{FieldIndex, FoldAggregates, FoldRows, FromRow, Kind, Nulls, RowBatch},
};

/// A [`Kernel`] without its types, the form in which the rest of pgfold uses kernels.
///
/// Calls are dispatched once per chunk or batch; the loop over rows is compiled for each kernel.
pub trait DynKernel: Send + Sync {
    /// Returns the role and the type of each column that the kernel reads, in the order of a row.
    fn columns(&self) -> Vec<(&'static str, Kind)>;

    /// Returns the version of the form of its partials.
    fn version(&self) -> u16;

    /// Returns what the kernel needs to know of NULLs.
    fn nulls(&self) -> Nulls;

    /// Returns whether the kernel reads the keys of rows.
    fn reads_key(&self) -> bool;

    /// Returns the most bytes of a partial.
    fn largest_partial(&self) -> usize;

    /// Returns how a database can find the few rows that the kernel needs; `None` if it cannot.
    fn measure(&self) -> Option<Measure>;

    /// Returns what a database can compute so that the partial follows; `None` if it cannot.
    fn aggregates(&self) -> Option<Aggregates>;

    /// Starts a fold over no rows.
    fn fold(&self) -> Box<dyn ChunkFold + '_>;

    /// Starts with no groups.
    fn groups(&self) -> Box<dyn GroupPartials + '_>;

    /// Merges the partials of several chunks into one.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back; [`Error::Kernel`] if the kernel panics,
    /// or the partial cannot be written or is larger than the kernel states.
    fn merge(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Partial>;

    /// Merges the partials of several chunks and returns the answer, a JSON object.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back; [`Error::Kernel`] if the kernel panics,
    /// or its answer is not an object.
    fn answer(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Value>;
}

/// The fold of one chunk by a kernel: its state while rows arrive.
pub trait ChunkFold: FoldAggregates {
    /// Returns the partial of all rows, after checking that it has an answer.
    ///
    /// # Errors
    /// [`Error::Kernel`] if the kernel panics or has panicked before; if its partial cannot be
    /// written, is larger than it states, or does not read back; or if its answer is not an object.
    fn finish(self: Box<Self>) -> Result<FoldedChunk>;
}

/// A chunk whose rows have all been folded.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedChunk {
    /// The kernel's partial.
    pub partial: Partial,
    /// Rows read, skipped ones included.
    pub rows: u64,
    /// Rows that the kernel skipped.
    pub skipped: u64,
}

/// A kernel in the list of kernels.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) open: fn(&Value) -> Result<Box<dyn DynKernel>>,
    /// Returns the parameters with every default filled in.
    pub(super) spell_out: fn(&Value) -> Result<Value>,
    pub(super) describe: fn() -> Description,
    /// The parameters of the kernel's examples.
    #[cfg(test)]
    pub(super) examples: fn() -> Vec<Value>,
}

pub(super) const fn entry<K: Kernel>() -> Entry {
    Entry {
        name: K::NAME,
        open: open::<K>,
        spell_out: spell_out::<K>,
        describe: describe::<K>,
        #[cfg(test)]
        examples: examples::<K>,
    }
}

fn examples<K: Kernel>() -> Vec<Value> {
    K::examples().iter().map(|params| json!(params)).collect()
}

fn describe<K: Kernel>() -> Description {
    let kinds = <K::Row<'_> as FromRow<'_>>::KINDS;
    let mut kernels = K::examples().into_iter().filter_map(|params| K::new(params).ok());
    let has_aggregation = kernels.any(|kernel| kernel.aggregation().is_some());
    Description {
        name: K::NAME,
        about: K::ABOUT,
        columns: K::COLUMNS.iter().copied().zip(kinds.iter().copied()).collect(),
        params: K::params_schema(),
        example: examples::<K>().into_iter().next(),
        pushdown: K::pushdown_schema().or_else(|| has_aggregation.then(|| json!({}))),
        pushdown_groups: has_aggregation,
        answer: K::answer_schema(),
    }
}

fn open<K: Kernel>(params: &Value) -> Result<Box<dyn DynKernel>> {
    Ok(Box::new(K::new(read::<K>(params)?)?))
}

fn spell_out<K: Kernel>(params: &Value) -> Result<Value> {
    serde_json::to_value(read::<K>(params)?)
        .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))
}

fn read<K: Kernel>(params: &Value) -> Result<K::Params> {
    // Serde would read an array too, field by field.
    if !params.is_object() {
        let name = K::NAME;
        return Err(Error::Invalid(format!("parameters of {name}: an object, not {params}")));
    }
    K::Params::deserialize(params)
        .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))
}

impl<K: Kernel> DynKernel for K {
    fn columns(&self) -> Vec<(&'static str, Kind)> {
        let kinds = <K::Row<'_> as FromRow<'_>>::KINDS;
        K::COLUMNS.iter().copied().zip(kinds.iter().copied()).collect()
    }

    fn version(&self) -> u16 {
        K::VERSION
    }

    fn nulls(&self) -> Nulls {
        <K::Row<'_> as FromRow<'_>>::NULLS
    }

    fn reads_key(&self) -> bool {
        K::READS_KEY
    }

    fn largest_partial(&self) -> usize {
        Kernel::largest_partial(self)
    }

    fn measure(&self) -> Option<Measure> {
        Kernel::measure(self)
    }

    fn aggregates(&self) -> Option<Aggregates> {
        self.aggregation().map(|aggregation| aggregation.aggregates)
    }

    fn fold(&self) -> Box<dyn ChunkFold + '_> {
        let partial = guarded("identity", || self.identity());
        Box::new(KernelFold { kernel: self, partial, rows: 0, skipped: 0 })
    }

    fn groups(&self) -> Box<dyn GroupPartials + '_> {
        Box::new(KernelGroups::new(self))
    }

    fn merge(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Partial> {
        Partial::new(self, &merged(self, partials)?)
    }

    fn answer(&self, partials: &mut dyn Iterator<Item = &Partial>) -> Result<Value> {
        answer(self, merged(self, partials)?)
    }
}

fn merged<K: Kernel>(
    kernel: &K,
    partials: &mut dyn Iterator<Item = &Partial>,
) -> Result<K::Partial> {
    let mut merged = guarded("identity", || kernel.identity()).map_err(fault::<K>)?;
    for partial in partials {
        let partial = partial.read::<K>()?;
        merged = guarded("merge", || kernel.merge(merged, partial)).map_err(fault::<K>)?;
    }
    Ok(merged)
}

struct KernelFold<'a, K: Kernel> {
    kernel: &'a K,
    /// The kernel's partial; the problem once the kernel has panicked.
    partial: Result<K::Partial, String>,
    rows: u64,
    skipped: u64,
}

impl<K: Kernel> FoldRows for KernelFold<'_, K> {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let partial = self.partial.as_mut().map_err(|problem| fault::<K>(problem))?;
        let (mut rows, mut skipped) = (0, 0);
        let folded = guarded("fold", || {
            batch.for_each(|key, row| {
                rows += 1;
                if self.kernel.fold(partial, key, row) == Folded::Skipped {
                    skipped += 1;
                }
            })
        });
        match folded {
            Ok(folded) => folded?,
            Err(problem) => {
                self.partial = Err(problem.clone());
                return Err(fault::<K>(problem));
            }
        }
        self.rows += rows;
        self.skipped += skipped;
        Ok(())
    }
}

impl<K: Kernel> FoldAggregates for KernelFold<'_, K> {
    fn fold_aggregates(&mut self, batch: RowBatch<'_>) -> Result<()> {
        let Some(Aggregation { aggregates, partial: of }) = self.kernel.aggregation() else {
            return Err(fault::<K>("it has no aggregation"));
        };
        let places: Vec<usize> = (0..aggregates.width()).collect();
        let mut index = FieldIndex::default();
        for row in index.fill(batch, places.len())?.rows() {
            let all = aggregates.read(row, &places)?;
            let partial = self.partial.as_mut().map_err(|problem| fault::<K>(problem))?;
            self.rows += all.rows;
            let merged = guarded("aggregation", || {
                let (more, skipped) = of(self.kernel, all);
                let before = std::mem::replace(partial, self.kernel.identity());
                *partial = self.kernel.merge(before, more);
                skipped
            });
            match merged {
                Ok(skipped) => self.skipped += skipped,
                Err(problem) => {
                    self.partial = Err(problem.clone());
                    return Err(fault::<K>(problem));
                }
            }
        }
        Ok(())
    }
}

impl<K: Kernel> ChunkFold for KernelFold<'_, K> {
    fn finish(self: Box<Self>) -> Result<FoldedChunk> {
        let Self { kernel, partial, rows, skipped } = *self;
        let partial = Partial::new(kernel, &partial.map_err(fault::<K>)?)?;
        // A fault found here fails this chunk; found later, it would fail the whole job.
        let does_not_read =
            |problem| fault::<K>(format!("its partial does not read back: {problem}"));
        partial.parse::<K>().map_err(does_not_read)?;
        answer(kernel, merged(kernel, &mut [&partial].into_iter())?)?;
        Ok(FoldedChunk { partial, rows, skipped })
    }
}

#[cfg(test)]
pub(super) mod tests;
