//! What a job asks of a source: which rows, in which groups, and which kernels over them.
//!
//! ```text
//! Query ──▶ OpenQuery ──▶ ChunkFold ──▶ QueryPartial ──▶ answer
//! ```
//!
//! May use: `kernel`, `rows`.

mod answer;
mod columns;
mod compute;
mod condition;
mod filter_type;
mod group_by;
mod group_table;
mod group_type;
mod group_value;
mod instant_text;
#[cfg(test)]
mod laws;
mod literal;
mod open_query;
mod order;
mod partial;
#[expect(clippy::module_inception, reason = "the query itself is one of the room's ideas")]
mod query;
mod query_fold;

pub use answer::Answer;
pub use compute::{Compute, Computed};
pub use condition::{Comparison, Condition, Nullness, Test};
pub use filter_type::FilterType;
pub use group_by::{GroupBy, TimeUnit};
pub use group_type::GroupType;
pub use group_value::GroupValue;
pub use literal::Literal;
pub use open_query::{OpenQuery, Pushdown};
pub use order::Order;
pub use partial::QueryPartial;
pub use query::Query;
pub use query_fold::{FoldedQuery, QueryFold};
