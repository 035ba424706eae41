//! `pgfold list`

use pgfold_api::TaskId;

use crate::{
    api::{Api, LARGEST_PAGE},
    arguments::List,
    error::{Error, Result, tell},
    exit::Exit,
    output, render,
};

pub(crate) async fn list(api: &Api, json: bool, which: &List) -> Result<Exit> {
    let state = which.state.as_deref();
    let limit = if which.all { u64::MAX } else { which.limit };
    let mut jobs = Vec::new();
    let mut queue = None;
    let mut cursor: Option<TaskId> = None;
    // A short or empty page need not be the last.
    while (jobs.len() as u64) < limit {
        let wanted = (limit - jobs.len() as u64).min(LARGEST_PAGE);
        let answered = api.jobs(wanted, state, cursor.as_ref()).await;
        let (document, page) = answered.map_err(Error::suggest)?;
        if json {
            output::document(&document)?;
        }
        jobs.extend(page.tasks);
        queue = queue.or(page.queue.flatten());
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if !json {
        jobs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        output::people(&render::list(&jobs, queue, output::width()))?;
        if cursor.is_some() {
            tell("there are more jobs: --limit N, or --all");
        }
    }
    Ok(Exit::Done)
}
