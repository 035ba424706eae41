//! The words of a query on the command line: conditions, groups and kernels, as they are written
//! and as they are shown.
//!
//! | part | is written |
//! |---|---|
//! | a condition | `COLUMN OPERATOR VALUE`, `COLUMN in VALUE,VALUE`, `COLUMN is [not] null` |
//! | what makes groups | `[NAME=][UNIT:]COLUMN[@ZONE]`, several with commas between |
//! | columns | `COLUMN`, several with commas between |
//! | a kernel | `NAME=KERNEL[:COLUMN,COLUMN][?JSON]` |
//!
//! A name or value in double quotes may have any characters, and `""` for a quote. What is shown
//! of a job can be given to the command line again.

mod columns;
mod computed;
mod condition;
mod filter;
mod groups;
mod operator;
mod piece;

pub(crate) use columns::Columns;
pub(crate) use computed::{Named, shown as shown_kernel};
pub(crate) use condition::{condition, shown as shown_condition};
pub(crate) use filter::Filter;
pub(crate) use groups::{Groups, name as group_name, shown as shown_group};
