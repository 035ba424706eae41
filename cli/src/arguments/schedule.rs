//! The command line of `pgfold schedule`.

use clap::{Args, Subcommand};

use crate::{
    arguments::Job,
    examples,
    schedules::{Expression, at, cron, rate},
};

/// Schedules of EventBridge Scheduler that start jobs.
#[derive(Debug, Args)]
pub(crate) struct Schedule {
    /// The stack of the deployment; if unset, that of the nearest .local/env
    #[arg(long, global = true, env = "PGFOLD_STACK", value_name = "NAME", hide_env_values = true)]
    pub(crate) stack: Option<String>,
    #[command(subcommand)]
    pub(crate) command: ScheduleCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Create a schedule, whose job has the options of `run`
    #[command(after_help = examples::SCHEDULE_CREATE)]
    Create(Box<Create>),
    /// List the schedules
    #[command(after_help = examples::SCHEDULE_LIST)]
    List,
    /// Delete a schedule; its jobs stay
    #[command(after_help = examples::SCHEDULE_DELETE)]
    Delete {
        #[arg(value_name = "NAME", value_parser = name)]
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name of the schedule
    #[arg(value_name = "NAME", value_parser = name)]
    pub(crate) name: String,
    #[command(flatten)]
    when: When,
    /// The time zone of --cron and --at, such as Europe/Rome
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) time_zone: String,
    /// Start no jobs until somebody enables the schedule
    #[arg(long)]
    pub(crate) disabled: bool,
    #[command(flatten)]
    pub(crate) job: Job,
}

/// When jobs start: one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct When {
    /// At these times: minute, hour, day of the month, month, day of the week, year; one of the days
    /// is ?
    #[arg(long, value_name = "FIELDS", value_parser = cron)]
    cron: Option<Expression>,
    /// Again and again after this time: a number of minutes, hours or days
    #[arg(long, value_name = "TIME", value_parser = rate)]
    rate: Option<Expression>,
    /// Once, at YYYY-MM-DDTHH:MM:SS; the schedule is deleted afterwards
    #[arg(long, value_name = "TIME", value_parser = at)]
    at: Option<Expression>,
}

impl Create {
    /// Returns when jobs start, which clap has made sure is given.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        let When { cron, rate, at } = &self.when;
        cron.as_ref().or(rate.as_ref()).or(at.as_ref())
    }
}

/// Parses the name of a schedule, by Scheduler's own rule.
fn name(text: &str) -> Result<String, String> {
    let belongs = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.');
    match (1..=64).contains(&text.len()) && text.chars().all(belongs) {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 64 letters, digits, _, - and .".to_owned()),
    }
}
