//! `pgfold status`

use crate::{
    api::{Api, Chunks},
    commands::{ended, write},
    error::Result,
    exit::Exit,
    render,
};

pub(crate) async fn status(
    api: &Api,
    json: bool,
    chunks: Chunks,
    task_id: &str,
    wait: bool,
) -> Result<Exit> {
    let (document, task) = if wait {
        match ended(api, json, chunks, task_id, None).await? {
            Ok(ended) => ended,
            Err(exit) => return Ok(exit),
        }
    } else {
        api.task(task_id, chunks).await?
    };
    write(json, &document, || render::status(task_id, &task))?;
    Ok(Exit::from(&task.state))
}
