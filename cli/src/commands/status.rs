//! `pgfold status`

use crate::{
    api::{Api, Chunks},
    commands::{ended, write},
    error::Result,
    exit::Exit,
    render,
};

pub(crate) async fn status(api: &Api, json: bool, task_id: &str, wait: bool) -> Result<Exit> {
    let (document, task) = if wait {
        match ended(api, json, task_id, None).await? {
            Ok(ended) => ended,
            Err(exit) => return Ok(exit),
        }
    } else {
        api.task(task_id, if json { Chunks::All } else { Chunks::Few }).await?
    };
    write(json, &document, || render::status(task_id, &task))?;
    Ok(Exit::from(&task.state))
}
