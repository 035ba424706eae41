//! The deployed template, through its API.

mod answers;
mod api;
pub(crate) mod deployment;
mod endings;
mod files;
mod kernels;
mod logs;
mod outages;
mod queries;
mod smoke;
mod snapshots;
mod sources;
