//! What is computed: a commutative monoid over the rows of a table.
//!
//! To add a computation, write a type that implements [`Kernel`] in a file of this folder and
//! add it to `KERNELS` in this one. Planner, queue, store and functions know kernels only as
//! [`AnyKernel`], so nothing else changes.

mod any;
mod extended_float;
#[cfg(test)]
mod laws;
mod metric;
mod min_distance;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Error, Result, Row};
pub use any::{AnyKernel, ChunkFold, FoldedChunk, Partial};
use any::{Entry, entry};
pub use metric::Metric;
pub use min_distance::{MinDistance, MinDistanceParams, MinDistancePartial, NearestPair, Pair};

/// Every kernel that a job may name.
const KERNELS: &[Entry] = &[entry::<MinDistance>()];

/// A map and a reduce over rows.
///
/// Chunks are folded by themselves, in any number and order, and merged afterwards. The
/// answer is the same for any split of the rows because [`merge`](Kernel::merge) is
/// associative and commutative, [`identity`](Kernel::identity) changes nothing that it is
/// merged with, and folding rows into a partial is merging their partials.
pub trait Kernel: Send + Sync + Sized + 'static {
    /// The name that a job gives, in snake case.
    const NAME: &'static str;

    /// The columns that the kernel reads besides the key, by the part they play. A row's
    /// values come in this order.
    const COLUMNS: &'static [&'static str];

    /// What a job may set, as JSON. The default is what holds when it sets nothing.
    type Params: Serialize + DeserializeOwned + Default;

    /// The state of the computation over some of the rows, as JSON that reads back the same
    /// bit for bit.
    type Partial: Serialize + DeserializeOwned + Send;

    /// The kernel with these parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] names a parameter that is out of range, and the range.
    fn new(params: Self::Params) -> Result<Self>;

    /// The partial of no rows.
    fn identity(&self) -> Self::Partial;

    /// Takes a row into a partial.
    fn fold(&self, partial: &mut Self::Partial, row: Row<'_>) -> Folded;

    /// The partial of the rows of both.
    fn merge(&self, left: Self::Partial, right: Self::Partial) -> Self::Partial;

    /// What the caller is told, from the partial of all rows: a JSON object.
    fn answer(&self, partial: Self::Partial) -> Value;
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// The row counts.
    Used,
    /// The row says nothing to this kernel, for a NULL or a NaN; the partial is as before.
    Skipped,
}

/// A kernel as a job names it: with this, every function runs the same computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelSpec {
    /// One of [`names`].
    pub name: String,
    /// The kernel's parameters, a JSON object.
    pub params: Value,
}

impl KernelSpec {
    /// The kernel `K` with parameters `params`.
    pub fn of<K: Kernel>(params: &K::Params) -> Result<Self> {
        let params = serde_json::to_value(params)
            .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))?;
        Ok(Self { name: K::NAME.to_owned(), params })
    }

    /// The kernel, ready to fold and merge.
    ///
    /// # Errors
    /// [`Error::Invalid`] names an unknown kernel and the known ones, or the wrong parameter.
    pub fn open(&self) -> Result<Box<dyn AnyKernel>> {
        match KERNELS.iter().find(|kernel| kernel.name == self.name) {
            Some(kernel) => (kernel.open)(&self.params),
            None => Err(Error::Invalid(format!(
                "there is no kernel {:?}; there is {}",
                self.name,
                names().collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}

/// The names of all kernels.
pub fn names() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().map(|kernel| kernel.name)
}
