//! Kernels: what a job computes, as a commutative monoid over the rows of a table.
//!
//! To add a kernel, write a type that implements [`Kernel`] in a file of this folder, declare the
//! file here and add the type to `list.rs`. `docs/your-own-fold.md` shows how. Planner, queue,
//! store and functions know kernels only as [`DynKernel`], so nothing else changes.
//!
//! May use: `rows`.

pub(crate) mod aggregates;
mod answer;
mod answer_field;
mod bound;
mod bounding_box;
mod bytes;
mod decimal_sum;
mod description;
mod digits;
mod distinct;
mod dyn_kernel;
mod ends;
mod exact_sum;
mod extended_float;
mod extremes;
mod fault;
mod group_partials;
mod histogram;
#[cfg(test)]
mod laws;
mod limbs;
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
mod scaled;
mod small_moments;
mod spec;
mod summary;
mod sums;
mod wide;
mod window;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    error::Result,
    rows::{FromRow, KeyRef},
};
pub(crate) use aggregates::row_count;
pub use aggregates::{Aggregated, Aggregates, Aggregation, EndsOf, RowTest};
pub use answer_field::{AnswerField, AnswerFields};
pub use bound::Bound;
pub use description::Description;
pub use distinct::{Distinct, DistinctPartial};
pub use dyn_kernel::{ChunkFold, DynKernel, FoldedChunk};
pub use ends::Ends;
pub use extremes::{Extremes, ExtremesPartial};
pub use group_partials::{GroupPartials, RowGroups};
pub use histogram::{Histogram, HistogramParams};
pub use list::{descriptions, names};
pub use measure::{Expression, Measure};
pub use metric::Metric;
pub use min_distance::{MinDistance, MinDistanceParams, MinDistancePartial, NearestPair, Pair};
pub use nearest_k::{NearestK, NearestKParams};
pub(crate) use partial::Base64;
pub use partial::Partial;
pub use quantiles::{Quantiles, QuantilesParams, QuantilesPartial};
pub use spec::KernelSpec;
pub use summary::{Summary, SummaryPartial};

/// A map and a reduce over rows: a commutative monoid.
///
/// Chunks are folded separately, in any number and order, and merged afterwards. The answer is the
/// same for any split of the rows because three laws hold: [`merge`](Kernel::merge) is associative
/// and commutative; merging with [`identity`](Kernel::identity) changes nothing; and folding rows
/// into a partial equals merging the partials of the rows.
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
/// // Each chunk is folded separately; merging the partials in any order returns the same answer.
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
    /// The name by which a job asks for the kernel, in snake case.
    const NAME: &'static str;

    /// What the kernel computes, in a sentence.
    const ABOUT: &'static str;

    /// The columns that the kernel reads besides the key, named by their role, such as `x` and `y`.
    const COLUMNS: &'static [&'static str];

    /// The values of these columns, in their order: an array or a tuple of [`Option`]s.
    type Row<'r>: FromRow<'r>;

    /// Whether [`fold`](Kernel::fold) reads the key. If no kernel of a query does, keys need not be
    /// sent, which takes PostgreSQL a sixth of the time of a row with one column.
    const READS_KEY: bool = true;

    /// The parameters that a job may set, a JSON object.
    type Params: Serialize + DeserializeOwned;

    /// The state of the computation over some of the rows. It is stored as MessagePack and must
    /// read back the same, bit for bit.
    type Partial: Serialize + DeserializeOwned + Send;

    /// The version of a partial's stored form. Raise it with every change of that form.
    const VERSION: u16 = 1;

    /// Makes the kernel with these parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if a parameter is out of range; names the
    /// parameter and its range.
    fn new(params: Self::Params) -> Result<Self>;

    /// Returns at least one set of valid parameters, which `GET /kernels` shows and tests use. The
    /// default implementation returns the parameters of a job that sets none.
    fn examples() -> Vec<Self::Params> {
        serde_json::from_value(json!({})).into_iter().collect()
    }

    /// Returns the JSON Schema of the parameters.
    fn params_schema() -> Value {
        json!({ "type": "object", "additionalProperties": false })
    }

    /// Returns the JSON Schema of the parameters with which the kernel has a
    /// [`measure`](Kernel::measure) or an [`aggregation`](Kernel::aggregation); `None` if there are
    /// none, or if it has an aggregation with any.
    fn pushdown_schema() -> Option<Value> {
        None
    }

    /// Returns the JSON Schema of the answer: an object, by default any.
    fn answer_schema() -> Value {
        json!({ "type": "object" })
    }

    /// Returns the most bytes of a partial's stored form, up to [`LARGEST_PARTIAL`].
    fn largest_partial(&self) -> usize;

    /// Returns how a database can find the few rows that the kernel needs; `None` if it cannot.
    fn measure(&self) -> Option<Measure> {
        None
    }

    /// Returns how the partial follows from what a database can compute over the rows; `None` if it
    /// does not, or if the database would take longer than to send the rows.
    fn aggregation(&self) -> Option<Aggregation<Self, Self::Partial>> {
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

    /// Returns the fields of the same answer, in the order of the properties in
    /// [`answer_schema`](Kernel::answer_schema); `None`, the default, if files are to have them from the
    /// JSON. Write it if the answers of millions of groups take too long.
    fn answer_fields(&self, _: &Self::Partial) -> Option<Vec<AnswerField>> {
        None
    }
}

/// The most bytes of a kernel's partial. The function that reduces a job has those of several hundred
/// chunks in memory.
pub const LARGEST_PARTIAL: usize = 261_000;

/// The parameters of a kernel without parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// What a kernel did with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// The kernel used the row.
    Used,
    /// The kernel skipped the row because it has a NULL, a NaN or another value that the kernel
    /// cannot use. The partial is unchanged.
    Skipped,
}
