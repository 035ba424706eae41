//! The handlers of the functions over ports in memory: no service is needed.

mod announcer;
mod attempts;
mod dead_letter;
mod deployment;
mod direct;
mod dry_run;
mod files;
mod idempotency;
mod jobs;
mod listing;
mod log;
mod mapper;
mod metrics;
mod objects;
mod openapi;
mod output;
mod requests;
mod result;
mod sizes;
mod snapshot;
mod sources;
mod submit;
mod tables;
mod tasks;
mod traces;
