//! `pgfold cancel` and `pgfold retry`

use crate::{api::Api, commands::write::write, error::Result, exit::Exit, render};

pub(crate) async fn cancel(api: &Api, json: bool, job_id: &str) -> Result<Exit> {
    let (document, _) = api.cancel(job_id).await?;
    write(json, &document, || format!("cancelled {job_id}\n"))?;
    Ok(Exit::Done)
}

pub(crate) async fn retry(api: &Api, json: bool, job_id: &str) -> Result<Exit> {
    let (document, retried) = api.retry(job_id).await?;
    write(json, &document, || render::submitted(job_id, retried.chunks as u64))?;
    Ok(Exit::Done)
}
