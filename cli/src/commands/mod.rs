//! The commands. Each sends requests to the API and writes the answer, for a script or for people.

mod act;
mod ended;
mod kernels;
mod list;
mod proxy;
mod run;
mod status;
mod write;

use std::env;

use tokio::time::Instant;

use crate::{
    api::{Api, Chunks},
    arguments::{Arguments, Command},
    auth::Auth,
    client::Client,
    error::Result,
    exit::Exit,
    location,
};

/// Runs the command of the command line.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit> {
    let global = arguments.global;
    let directory = env::current_dir().unwrap_or_default();
    let url = location::find(global.url.as_deref(), &directory)?;
    let deadline = global.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let auth = Auth::new(&global.authorisation, &url, deadline)?;
    auth.prepare().await?;
    let api = Api { client: Client::new(url, auth)?, deadline };
    let json = global.json;
    match arguments.command {
        Command::Run(job) => run::run(&api, json, &job).await,
        Command::Status { job_id, wait, no_receipts } => {
            let chunks = Chunks::shown(json, no_receipts);
            status::status(&api, json, chunks, &job_id, wait).await
        }
        Command::List(which) => list::list(&api, json, &which).await,
        Command::Cancel { job_id } => act::cancel(&api, json, &job_id).await,
        Command::Retry { job_id } => act::retry(&api, json, &job_id).await,
        Command::Kernels => kernels::kernels(&api, json).await,
        Command::Proxy { port } => proxy::proxy(api, json, port).await,
    }
}
