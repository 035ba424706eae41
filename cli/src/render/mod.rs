//! The answers of the server as text for people. Text from the server is cleaned, because it is
//! shown on a terminal.

mod failures;
mod json;
mod kernels;
mod list;
mod state;
mod task;

pub(crate) use kernels::kernels;
pub(crate) use list::list;
pub(crate) use task::{answer, misfortune, status, submitted};
