//! What the server tells, for people. Text from it is cleaned, for it ends on a terminal.

mod failures;
mod json;
mod kernels;
mod list;
mod state;
mod task;

pub(crate) use kernels::kernels;
pub(crate) use list::list;
pub(crate) use task::{answer, misfortune, status, submitted};
