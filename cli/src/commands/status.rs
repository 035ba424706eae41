//! `pgfold status`

use crate::{
    api::{Api, Chunks},
    commands::{
        ended::ended,
        write::{write, write_csv},
    },
    error::Result,
    exit::Exit,
    output, render,
};

pub(crate) async fn status(
    api: &Api,
    json: bool,
    chunks: Chunks,
    job_id: &str,
    wait: bool,
    csv: bool,
) -> Result<Exit> {
    let (document, mut detail) = if wait {
        match ended(api, json, chunks, job_id, None).await? {
            Ok(ended) => ended,
            Err(exit) => return Ok(exit),
        }
    } else {
        api.job(job_id, chunks).await?
    };
    if csv {
        write_csv(&mut detail, |detail| render::status(job_id, detail, None))?;
    } else {
        write(json, &document, || render::status(job_id, &detail, output::width()))?;
    }
    Ok(Exit::from(&detail.job.state))
}
