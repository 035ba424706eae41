//! Tests of the built program, against a server that sends the answers of each test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy.toml allows them in tests, and this is all tests"
)]

mod answers;
mod authorisation;
mod aws_cli;
mod connection;
mod doctor;
#[path = "../../src/example_job.rs"]
mod example_job;
mod files;
mod groups;
mod list;
mod others;
mod program;
mod proxy;
mod queries;
mod run;
mod schedule;
mod scratch;
mod server;
mod signature;
mod sources;
mod status;
mod storage;
mod wait;
