//! The commands. Each sends requests to the API and writes the answer, for a script or for people.

mod act;
mod completions;
mod conditions;
mod doctor;
mod ended;
mod fetch;
mod find;
mod finish;
mod kernels;
mod list;
mod plan;
mod proxy;
mod run;
mod save;
mod schedule;
mod sources;
mod status;
mod whole;
mod write;

use std::{env, path::Path};

use crate::{
    arguments::{ApiCommand, Arguments, Command, Global},
    error::{Error, Result},
    exit::Exit,
};

/// Runs the command of the command line.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit> {
    match arguments.command {
        Command::Completions { shell } => completions::completions(shell),
        Command::OfApi(command) => ask(arguments.global, command).await,
        Command::Schedule(schedule) => schedule::schedule(&arguments.global, &schedule).await,
    }
}

async fn ask(global: Global, command: ApiCommand) -> Result<Exit> {
    check_form(&command, global.json)?;
    let directory = env::current_dir().unwrap_or_default();
    let api = find::api(&global, &directory, global.deadline()).await?;
    let json = global.json;
    match command {
        ApiCommand::Run(run) => run::run(&api, json, &run).await,
        ApiCommand::Status { job_id, wait, answer } => {
            status::status(&api, json, &job_id, wait, &answer).await
        }
        ApiCommand::Wait { job_id, answer } => {
            finish::finish(&api, json, &job_id, &answer, None, None).await
        }
        ApiCommand::Fetch(which) => fetch::fetch(&api, json, &which).await,
        ApiCommand::List(which) => list::list(&api, json, &which).await,
        ApiCommand::Cancel { job_id } => act::cancel(&api, json, &job_id).await,
        ApiCommand::Retry { job_id } => act::retry(&api, json, &job_id).await,
        ApiCommand::Kernels => kernels::kernels(&api, json).await,
        ApiCommand::Sources { source } => sources::sources(&api, json, source.as_deref()).await,
        ApiCommand::Doctor => doctor::doctor(&api, json).await,
        ApiCommand::Proxy { port } => proxy::proxy(api, json, port).await,
    }
}

/// Checks that stdout is asked for one thing. Clap does not know it of an option of every
/// command that is given before the command.
fn check_form(command: &ApiCommand, json: bool) -> Result<()> {
    if !json {
        return Ok(());
    }
    let (is_csv, output) = match command {
        ApiCommand::Run(run) => (run.answer.csv, run.output.as_deref()),
        ApiCommand::Status { answer, .. } | ApiCommand::Wait { answer, .. } => (answer.csv, None),
        ApiCommand::Fetch(which) => (false, which.output.as_deref()),
        _ => (false, None),
    };
    let why = if is_csv {
        "--csv and --json are two forms of an answer; choose one"
    } else if output == Some(Path::new("-")) {
        "--output - and --json both write to stdout; choose one"
    } else {
        return Ok(());
    };
    Err(Error::Usage(why.to_owned()))
}
