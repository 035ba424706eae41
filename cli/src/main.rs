//! `pgfold`, the command line: runs and watches jobs over the HTTP API.
//!
//! It knows routes and the names of fields, and no more: what a request may hold is for the
//! server to say, and what an answer holds besides is passed over, so that either may be newer.
//!
//! # Output
//!
//! Stdout has the answer and nothing else; progress, hints and errors go to stderr. With `--json`
//! stdout has the last document that the server gave, as the server wrote it, on one line (of
//! `list` one for each page); that document may be an error. `proxy` writes where it is.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | the job completed, or the server did what it was asked |
//! | 1 | the job failed |
//! | 2 | the command line is wrong, or no URL, token or credentials are known |
//! | 3 | the job was cancelled or has expired |
//! | 4 | there is no such job, or no such route |
//! | 5 | the server is unreachable, or answered 5xx or what is no answer of pgfold |
//! | 6 | the job is pending: `status` without `--wait`, or `--timeout` is over |
//! | 7 | the server refused (4xx) |
//! | 74 | the answer could not be written to stdout |
//! | 130 | interrupted by Ctrl-C; the job goes on |
//!
//! # Layout
//!
//! - `arguments`: the command line; `location`: where the API is; `loopback`: whether that is this
//!   machine.
//! - `commands`: one file each, over `api`, which sends requests, and `told`, which reads answers.
//! - `client`: what requests are sent with; `auth`: what lets them in; `proxy`: a server that has
//!   those of a browser let in.
//! - `wait`: polling until a job has ended, patiently; `progress`: what is seen meanwhile;
//!   `interrupt`: Ctrl-C.
//! - `render`: a job, a list, kernels for people; `text`: numbers and foreign text in it.
//! - `output`: stdout; `error` and `exit`: what went wrong, in a sentence and in a number.

mod api;
mod arguments;
mod auth;
mod client;
mod commands;
mod error;
mod exit;
mod interrupt;
mod location;
mod loopback;
mod output;
mod progress;
mod proxy;
mod render;
mod response;
mod text;
mod wait;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.global.json;
    commands::run(arguments).await.unwrap_or_else(|error| error.tell(json)).into()
}
