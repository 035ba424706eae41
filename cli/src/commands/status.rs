//! `pgfold status`

use crate::{
    api::{Api, Chunks},
    commands::{ended::ended, write::write},
    error::Result,
    exit::Exit,
    render,
};

pub(crate) async fn status(
    api: &Api,
    json: bool,
    chunks: Chunks,
    job_id: &str,
    wait: bool,
) -> Result<Exit> {
    let (document, detail) = if wait {
        match ended(api, json, chunks, job_id, None).await? {
            Ok(ended) => ended,
            Err(exit) => return Ok(exit),
        }
    } else {
        api.job(job_id, chunks).await?
    };
    write(json, &document, || render::status(job_id, &detail))?;
    Ok(Exit::from(&detail.job.state))
}
