//! Queries of PostgreSQL's tables: filters, groups and several kernels, compared with SQL.

mod compute;
mod expressions;
mod filters;
mod groups;
mod ledger;
mod refusals;
mod windows;
