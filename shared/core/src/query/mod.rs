//! What a job asks of a source: which rows, in which groups, and which kernels over them.
//!
//! ```text
//! Query ──▶ OpenQuery ──▶ ChunkFold ──▶ QueryPartial ──▶ answer
//!                                       │       ▲
//!                            too large: Run ──▶ StoredRun
//! ```
//!
//! May use: `kernel`, `output`, `rows`.

mod answer;
mod arriving;
mod columns;
mod compute;
mod condition;
mod file_columns;
mod file_rows;
mod filter_type;
mod folded_query;
mod group;
mod group_by;
mod group_cursor;
mod group_fold;
mod group_merge;
mod group_table;
mod group_type;
mod group_value;
pub mod instant_text;
mod key_order;
#[cfg(test)]
mod laws;
mod listed_groups;
mod literal;
mod open_query;
mod order;
mod partial;
#[expect(clippy::module_inception, reason = "the query itself is one of the room's ideas")]
mod query;
mod query_fold;
mod query_partials;
mod records;
mod reduction;
mod row_shapes;
mod run;
mod sorted_keys;
mod stored_group;
mod stored_run;
mod uncombined;

pub use answer::Answer;
pub use compute::{Compute, Computed, RowsOut};
pub use condition::{Comparison, Condition, Nullness, Test};
pub(crate) use file_rows::FileRows;
pub use filter_type::FilterType;
pub use folded_query::FoldedQuery;
pub(crate) use group::Group;
pub use group_by::{GroupBy, TimeUnit};
pub(crate) use group_merge::{GroupMerge, SourceForm};
pub use group_type::GroupType;
pub use group_value::GroupValue;
pub use literal::Literal;
pub use open_query::{OpenQuery, Pushdown};
pub use order::Order;
pub use partial::QueryPartial;
pub use query::Query;
pub use query_fold::QueryFold;
pub(crate) use records::of_one;
pub(crate) use reduction::{CompleteGroups, Reduction};
pub(crate) use row_shapes::RowShapes;
pub use run::{Run, RunCut};
pub(crate) use run::{RunIndex, partial_of_one};
pub use stored_run::StoredRun;
pub(crate) use stored_run::{BlockAt, RunContents};
