//! The command line.

mod answer;
mod files;
mod job;
mod number;
mod run;
mod schedule;

use std::{fmt, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tokio::time::Instant;

use crate::{examples, exit};

pub(crate) use answer::AnswerOptions;
pub(crate) use files::{AskedFiles, FileOptions};
pub(crate) use job::Job;
pub(crate) use run::Run;
pub(crate) use schedule::{Create, Schedule, ScheduleCommand};

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

impl Global {
    /// Returns the end of --timeout, from now on.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
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
    OfApi(ApiCommand),
    /// Start jobs by schedules of EventBridge Scheduler
    #[command(after_help = examples::SCHEDULE)]
    Schedule(Schedule),
    /// Print the completions of a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions { shell: Shell },
}

/// A command that asks the API.
#[derive(Debug, Subcommand)]
pub(crate) enum ApiCommand {
    /// Submit a job, wait for its end and print its answer
    #[command(after_help = examples::RUN)]
    Run(Box<Run>),
    /// Show a job
    #[command(after_help = examples::STATUS)]
    Status {
        #[arg(value_name = "TASK_ID", value_parser = job_id)]
        job_id: String,
        /// Wait until the job has ended
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        answer: AnswerOptions,
    },
    /// Wait for the end of a job and print its answer, as `run` does
    #[command(after_help = examples::WAIT)]
    Wait {
        #[arg(value_name = "TASK_ID", value_parser = job_id)]
        job_id: String,
        #[command(flatten)]
        answer: AnswerOptions,
    },
    /// Download the files of a job
    #[command(after_help = examples::FETCH)]
    Fetch(Fetch),
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

#[derive(Debug, Args)]
pub(crate) struct Fetch {
    #[arg(value_name = "TASK_ID", value_parser = job_id)]
    pub(crate) job_id: String,
    /// The file, or NAME/ for a directory with a file for each part; - is stdout; if unset, a file
    /// of the task's id
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Wait until the job has ended
    #[arg(long)]
    pub(crate) wait: bool,
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

fn at_least_one(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "it must be a whole number of at least 1".to_owned())
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "it must be a whole number from 0 to 65535".to_owned())
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
    fn an_id_cannot_lead_to_another_route() {
        for text in ["", "..", "a/b", "a?b", "a%2fb", "a b"] {
            assert!(job_id(text).is_err(), "{text:?}");
        }
        let id = "agg_01a2044c-531b-7494-94fc-6bbdf6334f32";
        assert_eq!(job_id(id).as_deref(), Ok(id));
    }
}
