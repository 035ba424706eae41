//! The commands. Each asks the API, and writes what it says for a script or for people.

mod act;
mod kernels;
mod list;
mod proxy;
mod run;
mod status;

use std::env;

use tokio::time::Instant;

use crate::{
    api::{Api, Chunks},
    arguments::{Arguments, Command},
    auth::Auth,
    client::Client,
    error::{Result, tell},
    exit::Exit,
    location, output,
    progress::Progress,
    response::{Document, Task},
    wait::{Waited, wait},
};

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

/// Writes `document` for a script, or what `render` makes of it for people.
fn write(json: bool, document: &Document, render: impl FnOnce() -> String) -> Result<()> {
    if json {
        output::document(document)?
    } else {
        output::people(&render())?
    }
    Ok(())
}

/// Waits for the end of a job; or says why it did not come, and gives the exit code of that.
/// `submitted` is what there is to write if nothing else is told.
async fn ended(
    api: &Api,
    json: bool,
    chunks: Chunks,
    job_id: &str,
    submitted: Option<&Document>,
) -> Result<Result<(Document, Task), Exit>> {
    let mut progress = Progress::new(json);
    let waited = wait(api, job_id, chunks, &mut progress).await;
    progress.finish();
    let how = format!(
        "`pgfold status {job_id} --wait` waits for it, `pgfold cancel {job_id}` cancels it"
    );
    let (last, why, exit) = match waited {
        Ok(Waited::Ended(document, task)) => return Ok(Ok((document, task))),
        Ok(Waited::TimedOut(last)) => (last, "is still pending after --timeout", Exit::Pending),
        Ok(Waited::Interrupted(last)) => (last, "goes on", Exit::Interrupted),
        Err(error) if error.leaves_job_unknown() => {
            return Err(error.hint(format!("the job may go on: {how}")));
        }
        Err(error) => return Err(error),
    };
    if let (true, Some(document)) = (json, last.as_ref().or(submitted)) {
        output::document(document)?;
    }
    tell(&format!("{job_id} {why}; {how}"));
    Ok(Err(exit))
}
