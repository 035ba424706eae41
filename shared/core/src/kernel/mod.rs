//! What is computed: a commutative monoid over the rows of a table.
//!
//! To add a computation, write a type that implements [`Kernel`] in a file of this folder and
//! list it in `kernels!` in this one: `docs/your-own-fold.md`. Planner, queue, store and functions
//! know kernels only as [`DynKernel`], so nothing else changes.

mod bound;
mod decimal_sum;
mod digits;
mod dyn_kernel;
mod ends;
mod exact_sum;
mod extended_float;
mod fault;
#[cfg(test)]
mod laws;
mod measure;
mod metric;
mod moments;
mod nearest;
mod partial;
mod quantile_sketch;
mod sketch;
mod sums;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{Error, FromRow, KeyRef, Result, shown};
pub use bound::Bound;
pub use dyn_kernel::{ChunkFold, DynKernel, FoldedChunk};
use dyn_kernel::{Entry, entry};
pub use ends::Ends;
pub use measure::Measure;
pub use metric::Metric;
pub use partial::Partial;

/// Declares the files of kernels, and lists the kernels.
macro_rules! kernels {
    ($($file:ident: $kernel:ident),+ $(,)?) => {
        $(mod $file; pub use $file::*;)+

        /// Every kernel that a job may name.
        const KERNELS: &[Entry] = &[$(entry::<$kernel>()),+];
    };
}

kernels! {
    min_distance: MinDistance,
    nearest_k: NearestK,
    summary: Summary,
    histogram: Histogram,
    quantiles: Quantiles,
    distinct: Distinct,
    bounding_box: BoundingBox,
}

/// A map and a reduce over rows.
///
/// Chunks are folded by themselves, in any number and order, and merged afterwards. The
/// answer is the same for any split of the rows because [`merge`](Kernel::merge) is
/// associative and commutative, [`identity`](Kernel::identity) changes nothing that it is
/// merged with, and folding rows into a partial is merging their partials.
///
/// ```
/// use pgfold_core::{
///     Cell, Key, KeyKind, KeyRef, Result, RowBuffer,
///     kernel::{DynKernel, Folded, Kernel, NoParams},
/// };
/// use serde_json::{Value, json};
///
/// struct Greatest;
///
/// impl Kernel for Greatest {
///     const NAME: &'static str = "greatest";
///     const ABOUT: &'static str = "The greatest value of a column of integers.";
///     const COLUMNS: &'static [&'static str] = &["value"];
///     type Row<'r> = [Option<i64>; 1];
///     type Params = NoParams;
///     type Partial = Option<i64>;
///
///     fn new(NoParams {}: NoParams) -> Result<Self> {
///         Ok(Self)
///     }
///     fn largest_partial(&self) -> usize {
///         i64::MIN.to_string().len()
///     }
///     fn identity(&self) -> Option<i64> {
///         None
///     }
///     fn fold(&self, all: &mut Option<i64>, _: KeyRef<'_>, [value]: [Option<i64>; 1]) -> Folded {
///         *all = (*all).max(value);
///         if value.is_some() { Folded::Used } else { Folded::Skipped }
///     }
///     fn merge(&self, left: Option<i64>, right: Option<i64>) -> Option<i64> {
///         left.max(right)
///     }
///     fn answer(&self, greatest: Option<i64>) -> Value {
///         json!({ "greatest": greatest })
///     }
/// }
///
/// // Each chunk is folded by itself; merging their partials in any order returns one answer.
/// let kernel: &dyn DynKernel = &Greatest;
/// let chunk = |cells: [Cell; 2]| {
///     let mut rows = RowBuffer::new(KeyKind::Integer);
///     for (key, cell) in (1..).zip(cells) {
///         rows.push_cells(&Key::Integer(key), [cell]);
///     }
///     let mut fold = kernel.fold();
///     fold.fold(rows.batch())?;
///     fold.finish()
/// };
/// let first = chunk([Cell::Integer(7), Cell::Integer(-2)])?;
/// let second = chunk([Cell::Integer(3), Cell::Null])?;
/// assert_eq!((second.rows, second.skipped), (2, 1));
/// let answer = kernel.answer(&mut [second.partial, first.partial].iter())?;
/// assert_eq!(answer, json!({ "greatest": 7 }));
/// # Ok::<(), pgfold_core::Error>(())
/// ```
pub trait Kernel: Send + Sync + Sized + 'static {
    /// The name that a job gives, in snake case.
    const NAME: &'static str;

    /// What the kernel computes, in a sentence.
    const ABOUT: &'static str;

    /// The columns that the kernel reads besides the key, by the part they play.
    const COLUMNS: &'static [&'static str];

    /// The values of these columns, in their order: an array or a tuple of [`Option`]s.
    type Row<'r>: FromRow<'r>;

    /// What a job may set, a JSON object.
    type Params: Serialize + DeserializeOwned;

    /// The state of the computation over some of the rows, as JSON that reads back the same
    /// bit for bit.
    type Partial: Serialize + DeserializeOwned + Send;

    /// The version of a partial's JSON; every change of that JSON takes another number.
    const VERSION: u16 = 1;

    /// Makes the kernel with these parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] names a parameter that is out of range, and the range.
    fn new(params: Self::Params) -> Result<Self>;

    /// Returns valid parameters, for callers to see and tests to use: at least one set. By default
    /// returns the parameters of a job that sets nothing.
    fn examples() -> Vec<Self::Params> {
        serde_json::from_value(json!({})).into_iter().collect()
    }

    /// Returns the JSON Schema of the parameters.
    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": false })
    }

    /// Returns the most bytes of a partial's JSON, up to
    /// [`Job::LARGEST_PARTIAL`](crate::Job::LARGEST_PARTIAL).
    fn largest_partial(&self) -> usize;

    /// Returns how a database can find the rows that the kernel needs, if they are few and it can.
    fn measure(&self) -> Option<Measure> {
        None
    }

    /// Returns the partial of no rows.
    fn identity(&self) -> Self::Partial;

    /// Adds a row to a partial.
    fn fold(&self, partial: &mut Self::Partial, key: KeyRef<'_>, row: Self::Row<'_>) -> Folded;

    /// Returns the partial of the rows of both.
    fn merge(&self, left: Self::Partial, right: Self::Partial) -> Self::Partial;

    /// Returns the answer, a JSON object, from the partial of all rows.
    fn answer(&self, partial: Self::Partial) -> Value;
}

/// The parameters of a kernel that has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// What a kernel did with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// The row counts.
    Used,
    /// The kernel skips the row, because it has a NULL or a NaN; the partial is unchanged.
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
    /// Names the kernel `K` with parameters `params`.
    pub fn of<K: Kernel>(params: &K::Params) -> Result<Self> {
        let params = serde_json::to_value(params)
            .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))?;
        Ok(Self { name: K::NAME.to_owned(), params })
    }

    /// Opens the kernel, ready to fold and merge.
    ///
    /// # Errors
    /// [`Error::Invalid`] names an unknown kernel and the known ones, or the wrong parameter.
    pub fn open(&self) -> Result<Box<dyn DynKernel>> {
        (self.entry()?.open)(&self.params)
    }

    /// Returns the same kernel with every default among its parameters, and each number as the
    /// kernel reads it, so that two which compute the same by default are equal.
    ///
    /// # Errors
    /// Those of [`open`](KernelSpec::open).
    pub fn spelled_out(&self) -> Result<Self> {
        let params = (self.entry()?.spell_out)(&self.params)?;
        Ok(Self { name: self.name.clone(), params })
    }

    fn entry(&self) -> Result<&'static Entry> {
        KERNELS.iter().find(|kernel| kernel.name == self.name).ok_or_else(|| {
            Error::Invalid(format!(
                "there is no kernel {:?}; there is {}",
                shown(&self.name),
                names().collect::<Vec<_>>().join(", ")
            ))
        })
    }
}

/// The names of all kernels.
pub fn names() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().map(|kernel| kernel.name)
}

/// Describes every kernel for callers: its name, what it computes, its columns with the types that
/// they are read as, the JSON Schema of its parameters, and an example of them.
pub fn descriptions() -> Vec<Value> {
    KERNELS.iter().map(|kernel| (kernel.describe)()).collect()
}
