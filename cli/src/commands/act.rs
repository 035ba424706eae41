//! `pgfold cancel` and `pgfold retry`

use crate::{api::Api, commands::write, error::Result, exit::Exit, render};

pub(crate) async fn cancel(api: &Api, json: bool, task_id: &str) -> Result<Exit> {
    let document = api.cancel(task_id).await?;
    write(json, &document, || format!("cancelled {task_id}\n"))?;
    Ok(Exit::Done)
}

pub(crate) async fn retry(api: &Api, json: bool, task_id: &str) -> Result<Exit> {
    let (document, submitted) = api.retry(task_id).await?;
    write(json, &document, || render::submitted(task_id, submitted.chunks))?;
    Ok(Exit::Done)
}
