//! The handlers of the functions over ports in memory: no service is needed.

mod dead_letter;
mod deployment;
mod idempotency;
mod mapper;
mod monitor;
mod result;
mod submit;
