//! What is computed: a commutative monoid over the rows of a table.
//!
//! To add a kernel, write a type that implements [`Kernel`] in a file of this folder, declare the
//! file here and add the type to `list.rs`: `docs/your-own-fold.md`. Planner, queue,
//! store and functions know kernels only as [`DynKernel`], so nothing else changes.
//!
//! May use: `rows`.

mod bound;
mod bounding_box;
mod decimal_sum;
mod description;
mod digits;
mod distinct;
mod dyn_kernel;
mod ends;
mod exact_sum;
mod extended_float;
mod fault;
mod histogram;
#[cfg(test)]
mod laws;
mod list;
mod measure;
mod metric;
mod min_distance;
mod moments;
mod nearest;
mod nearest_k;
mod partial;
mod quantile_sketch;
mod quantiles;
mod sketch;
mod spec;
mod summary;
mod sums;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    error::Result,
    rows::{FromRow, KeyRef},
};
pub use bound::Bound;
pub use description::Description;
pub use distinct::{Distinct, DistinctPartial};
pub use dyn_kernel::{ChunkFold, DynKernel, FoldedChunk};
pub use ends::Ends;
pub use histogram::{Histogram, HistogramParams};
pub use list::{descriptions, names};
pub use measure::{Expression, Measure};
pub use metric::Metric;
pub use min_distance::{MinDistance, MinDistanceParams, MinDistancePartial, NearestPair, Pair};
pub use nearest_k::{NearestK, NearestKParams};
pub use partial::Partial;
pub use quantiles::{Quantiles, QuantilesParams, QuantilesPartial};
pub use spec::KernelSpec;
pub use summary::{Summary, SummaryPartial};

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
    /// [`Error::Invalid`](crate::Error::Invalid) names a parameter that is out of range, and the range.
    fn new(params: Self::Params) -> Result<Self>;

    /// Returns valid parameters, for callers to see and tests to use: at least one set. By default
    /// returns the parameters of a job that sets nothing.
    fn examples() -> Vec<Self::Params> {
        serde_json::from_value(json!({})).into_iter().collect()
    }

    /// Returns the JSON Schema of the parameters.
    fn params_schema() -> Value {
        json!({ "type": "object", "additionalProperties": false })
    }

    /// Returns the JSON Schema of the parameters with which [`measure`](Kernel::measure) returns a
    /// measure; `None` if there are none.
    fn pushdown_schema() -> Option<Value> {
        None
    }

    /// Returns the JSON Schema of the answer: an object, by default any.
    fn answer_schema() -> Value {
        json!({ "type": "object" })
    }

    /// Returns the most bytes of a partial's JSON, up to [`LARGEST_PARTIAL`].
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

/// The most bytes of a kernel's partial: every store can keep one in a record.
pub const LARGEST_PARTIAL: usize = 348_000;

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
