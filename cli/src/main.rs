//! `pgfold`, the command line: runs and watches jobs over the HTTP API.
//!
//! It knows only the routes and answers of `pgfold-api`, and for schedules those of EventBridge
//! Scheduler. The server decides what a request may
//! contain. The client ignores unknown fields, and a job in an unknown state has not ended for it,
//! so either may be newer than the other. A field that is missing or of another type is an error.
//!
//! # Output
//!
//! Stdout contains only the answer, or with `--output -` the files; progress, hints and errors go to stderr. With `--json`
//! stdout contains the last document that the server sent, as the server wrote it, on one line
//! (`list` writes one line per page); that document may be an error. `proxy` writes its URL.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | the job completed, or the command succeeded |
//! | 1 | the job failed, or a check of `doctor` did |
//! | 2 | the command line is wrong, or no URL, token or credentials are known |
//! | 3 | the job was cancelled or has expired |
//! | 4 | there is no such job or route, or a file of its result is gone |
//! | 5 | the server is unreachable, answered 5xx or not as pgfold does, or a download failed |
//! | 6 | the job is pending: `status` without `--wait`, or `--timeout` is over |
//! | 7 | the server refused (4xx) |
//! | 74 | the answer, or a file, could not be written |
//! | 130 | interrupted by Ctrl-C; the job goes on |
//!
//! # Layout
//!
//! - `arguments`: the command line, with the `examples` of its help; `location`: the URL of the API;
//!   `local_cloud`: the file of a local cloud, which has it; `loopback`: whether a URL is of this
//!   machine.
//! - `query`: conditions, groups and kernels, as they are written on the command line.
//! - `commands`: one file each, over `api`, which sends requests.
//! - `document`: the server's JSON as it wrote it; `reading`: the same as a type of `pgfold-api`;
//!   `refusal`: the sentence of an error.
//! - `doctor`: the checks of `pgfold doctor`; `check`: the finding of one.
//! - `state`: whether a job has ended; `stages`: its chunks and its partitions; `failed_attempt`: how its latest attempt failed.
//! - `schedules`: the schedules of a deployment, by the API of EventBridge Scheduler.
//! - `download`: the files of a result, to where somebody wants them; `file_format`: the formats by the
//!   names of files.
//! - `connection`: how requests reach a server; `client`: a client of it; `exchange`: a request and its answer, in JSON; `shown_url`: URLs for people, without their query; `auth`: the authorisation of requests; `proxy`: a local server that
//!   forwards a browser's requests with that authorisation.
//! - `similar`: names that somebody may have meant.
//! - `wait`: polling until a job has ended; `progress`: the progress shown meanwhile; `deadline`:
//!   the end of `--timeout`; `interrupt`: Ctrl-C.
//! - `answer_rows`: an answer as a table, for `render` and for CSV.
//! - `render`: jobs, lists, kernels and sources as text for people; `text`: numbers and foreign text in it.
//! - `output`: stdout; `error`: errors as sentences; `exit`: exit codes.

mod answer_rows;
mod api;
mod arguments;
mod auth;
mod check;
mod client;
mod commands;
mod connection;
mod deadline;
mod doctor;
mod document;
mod download;
mod error;
#[cfg(test)]
mod example_job;
mod examples;
mod exchange;
mod exit;
mod failed_attempt;
mod file_format;
mod interrupt;
mod local_cloud;
mod location;
mod loopback;
mod output;
mod progress;
mod proxy;
mod query;
mod reading;
mod refusal;
mod render;
mod schedules;
mod shown_url;
mod similar;
mod stages;
mod state;
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
