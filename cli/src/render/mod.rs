//! The answers of the server as text for people. Text from the server is cleaned, because it is
//! shown on a terminal.

mod answer;
mod dry_run;
mod failures;
mod files;
mod groups;
mod json;
mod kernels;
mod lines;
mod list;
mod query;
mod report;
mod schedules;
mod sources;
mod state;
mod table;
mod task;
mod work;

pub(crate) use answer::answer;
pub(crate) use dry_run::dry_run;
pub(crate) use files::saved;
pub(crate) use kernels::kernels;
pub(crate) use list::list;
pub(crate) use report::report;
pub(crate) use schedules::{created, schedules};
pub(crate) use sources::{source, sources};
pub(crate) use task::{misfortune, status, submitted};
