//! Reading and folding the rows of a chunk.
//!
//! May use: `connect`, `plan`.

mod aggregate_sql;
mod measure_sql;
pub(super) mod pushdown;
pub(super) mod reading;
pub(super) mod rows;
pub(super) mod select;
