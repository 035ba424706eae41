//! The command line.

use std::{fmt, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{examples, exit};

/// The heading in --help of the options that all commands accept.
const EVERYWHERE: &str = "Options of every command";

/// Map-reduce over a PostgreSQL table: runs and watches pgfold's jobs.
#[derive(Debug, Parser)]
#[command(version, after_help = exit::HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The URL of the API; if unset, that of the nearest .local/env, which `make up` writes
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "API_URL",
        hide_env_values = true
    )]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) authorisation: Authorisation,
    /// Write the server's JSON to stdout, one document per line, and no progress
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
    /// Give up after this time; a job that the command waits for continues
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    #[arg(value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
}

/// The authorisation of requests.
#[derive(Debug, Args)]
pub(crate) struct Authorisation {
    /// The authorisation of requests; if unset, bearer if a token is given, iam if the host of the
    /// URL is API Gateway's own (ID.execute-api.REGION.amazonaws.com), otherwise none
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "PGFOLD_AUTH", value_enum)]
    #[arg(value_name = "none|iam|bearer", hide_possible_values = true, hide_env_values = true)]
    pub(crate) auth: Option<Scheme>,
    /// The token of bearer; prefer the variable, because other users can see a command line
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    #[arg(env = "PGFOLD_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<Token>,
    /// The region of iam's signatures, unless the host of the URL names it
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    #[arg(env = "AWS_REGION", hide_env_values = true)]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scheme {
    None,
    Iam,
    Bearer,
}

/// A bearer token. Its `Debug` form does not show it.
#[derive(Clone)]
pub(crate) struct Token(pub(crate) String);

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    OfApi(Box<ApiCommand>),
    /// Print the completions of a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions { shell: Shell },
}

/// A command that asks the API.
#[derive(Debug, Subcommand)]
pub(crate) enum ApiCommand {
    /// Submit a job, wait for its end and print its answer
    #[command(after_help = examples::RUN)]
    Run(Run),
    /// Show a job
    #[command(after_help = examples::STATUS)]
    Status {
        #[arg(value_name = "TASK_ID", value_parser = job_id)]
        job_id: String,
        /// Wait until the job has ended
        #[arg(long)]
        wait: bool,
        /// Omit the chunks and their receipts from the document that --json prints
        #[arg(long)]
        no_receipts: bool,
    },
    /// List jobs, newest first
    #[command(after_help = examples::LIST)]
    List(List),
    /// Cancel a pending job
    #[command(after_help = examples::CANCEL)]
    Cancel {
        #[arg(value_name = "TASK_ID", value_parser = job_id)]
        job_id: String,
    },
    /// Send the missing chunks of a job again
    #[command(after_help = examples::RETRY)]
    Retry {
        #[arg(value_name = "TASK_ID", value_parser = job_id)]
        job_id: String,
    },
    /// List the kernels, with their columns and parameters
    #[command(after_help = examples::KERNELS)]
    Kernels,
    /// List what jobs may read: tables with their keys, rows and columns
    #[command(after_help = examples::SOURCES)]
    Sources {
        /// Show this source alone, with all that is known of its columns
        #[arg(value_name = "SOURCE")]
        source: Option<String>,
    },
    /// Check the API, its functions, the database and the queues, and say what to do
    #[command(after_help = examples::DOCTOR)]
    Doctor,
    /// Serve the API on this machine with your authorisation, for the dashboard in a browser
    #[command(after_help = examples::PROXY)]
    Proxy {
        /// The port of 127.0.0.1; if unset, 5555, or a free port if 5555 is taken
        #[arg(long, value_name = "N", value_parser = port)]
        port: Option<u16>,
    },
}

/// The body of a request for a job. The server chooses every field that is not given.
#[derive(Debug, Args, Serialize)]
pub(crate) struct Run {
    /// The kernel, one of `pgfold kernels`; if unset, the nearest pair of points
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kernel: Option<String>,
    /// The parameters of the kernel
    #[arg(long, value_name = "JSON", value_parser = json, requires = "kernel")]
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Box<RawValue>>,
    /// A column for the kernel to read; may be repeated, in the order of the kernel's columns
    #[arg(long = "column", value_name = "NAME", requires = "kernel")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<String>,
    /// The source, by its name in the server's configuration
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// The number of chunks to cut the source into
    #[arg(long, value_name = "N", value_parser = whole_number)]
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<u64>,
    /// euclidean, haversine or geodesic; with --kernel it is one of the --params
    #[arg(long, conflicts_with = "kernel")]
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    /// per-chunk, or snapshot: all chunks see the same instant
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    consistency: Option<String>,
    /// streaming, or pushdown: Postgres evaluates the rows
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
    /// Start only one job for this key; lost requests are then sent again
    #[arg(long, value_name = "KEY")]
    #[serde(skip)]
    pub(crate) idempotency_key: Option<String>,
    /// Print how the job would run and what it would take, and submit nothing
    #[arg(long, conflicts_with_all = ["no_wait", "no_receipts"])]
    #[serde(skip)]
    pub(crate) dry_run: bool,
    /// Print the task id and do not wait
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_wait: bool,
    /// Omit the chunks and their receipts from the document that --json prints
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_receipts: bool,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only jobs in this state: pending, completed, failed, cancelled, expired
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// The most jobs to list
    #[arg(long, value_name = "N", default_value = "25")]
    #[arg(value_parser = at_least_one)]
    pub(crate) limit: u64,
    /// List all jobs
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let positive = seconds.filter(|seconds| !seconds.is_zero());
    positive.ok_or_else(|| "it must be a number of seconds above 0".to_owned())
}

/// The server checks the range.
fn whole_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "it must be a whole number".to_owned())
}

fn at_least_one(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "it must be a whole number of at least 1".to_owned())
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "it must be a whole number from 0 to 65535".to_owned())
}

fn json(text: &str) -> Result<Box<RawValue>, String> {
    RawValue::from_string(text.to_owned()).map_err(|error| format!("not JSON: {error}"))
}

/// Parses a job id. The server checks the id; here it must only not lead to another route.
fn job_id(text: &str) -> Result<String, String> {
    let belongs = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    if !text.is_empty() && text.chars().all(belongs) {
        Ok(text.to_owned())
    } else {
        Err("a task id is made of letters, digits, _ and -".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use serde_json::json;

    /// Parses the command line of `pgfold run`.
    fn parsed(arguments: &[&str]) -> Result<Run, clap::Error> {
        let arguments = ["pgfold", "run"].iter().chain(arguments);
        let Command::OfApi(command) = Arguments::try_parse_from(arguments)?.command else {
            panic!("not a command of the API");
        };
        let ApiCommand::Run(run) = *command else { panic!("not a run") };
        Ok(run)
    }

    /// Returns the body of the request of a command line.
    fn body(arguments: &[&str]) -> Result<serde_json::Value, clap::Error> {
        Ok(serde_json::to_value(parsed(arguments)?).unwrap())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_token_is_not_shown() {
        let given = ["pgfold", "list", "--token", "the-token"];
        let arguments = Arguments::try_parse_from(given).unwrap();
        assert!(!format!("{arguments:?}").contains("the-token"), "{arguments:?}");
    }

    #[test]
    fn options_that_are_not_given_are_not_sent() {
        assert_eq!(body(&["--no-wait", "--idempotency-key", "k"]).unwrap(), json!({}));
        let given = ["--chunks", "8", "--metric", "haversine", "--consistency", "snapshot"];
        let expected = json!({ "chunks": 8, "metric": "haversine", "consistency": "snapshot" });
        assert_eq!(body(&given).unwrap(), expected);
    }

    #[test]
    fn columns_keep_their_order_and_parameters_their_text() {
        let params = r#"{"bounds": [0.1, 12345678901234567890123]}"#;
        let given = ["--kernel", "histogram", "--column", "b", "--column", "a", "--params", params];
        let run = parsed(&given).unwrap();
        let expected = format!(r#"{{"kernel":"histogram","params":{params},"columns":["b","a"]}}"#);
        assert_eq!(serde_json::to_string(&run).unwrap(), expected);
    }

    #[test]
    fn meaningless_options_are_errors() {
        assert!(body(&["--params", "{}"]).is_err());
        assert!(body(&["--column", "x"]).is_err());
        assert!(body(&["--kernel", "summary", "--metric", "euclidean"]).is_err());
        assert!(body(&["--kernel", "summary", "--params", "{"]).is_err());
        assert!(body(&["--timeout", "0"]).is_err());
        assert!(body(&["--timeout", "-1"]).is_err());
        assert!(body(&["--timeout", "NaN"]).is_err());
    }

    #[test]
    fn an_id_cannot_lead_to_another_route() {
        for text in ["", "..", "a/b", "a?b", "a%2fb", "a b"] {
            assert!(job_id(text).is_err(), "{text:?}");
        }
        let id = "agg_01a2044c-531b-7494-94fc-6bbdf6334f32";
        assert_eq!(job_id(id).as_deref(), Ok(id));
    }
}
