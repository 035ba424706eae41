//! `pgfold list`

use crate::{
    api::{Api, LARGEST_PAGE},
    arguments::List,
    error::{Result, tell},
    exit::Exit,
    output, render,
};

pub(crate) async fn list(api: &Api, json: bool, which: &List) -> Result<Exit> {
    let state = which.state.as_deref();
    let limit = if which.all { u64::MAX } else { which.limit };
    let mut tasks = Vec::new();
    let mut queue = None;
    let mut cursor: Option<String> = None;
    // A short or empty page need not be the last.
    while (tasks.len() as u64) < limit {
        let wanted = (limit - tasks.len() as u64).min(LARGEST_PAGE);
        let (document, page) = api.tasks(wanted, state, cursor.as_deref()).await?;
        if json {
            output::document(&document)?;
        }
        tasks.extend(page.tasks);
        queue = queue.or(page.queue);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if !json {
        tasks.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        output::people(&render::list(&tasks, queue.as_ref()))?;
        if cursor.is_some() {
            tell("there are more jobs: --limit N, or --all");
        }
    }
    Ok(Exit::Done)
}
