//! `pgfold status`

use crate::{
    api::{Api, Chunks},
    arguments::AnswerOptions,
    commands::{
        ended::ended,
        whole::whole,
        write::{write, write_csv},
    },
    error::Result,
    exit::Exit,
    output, render,
};

pub(crate) async fn status(
    api: &Api,
    json: bool,
    job_id: &str,
    wait: bool,
    options: &AnswerOptions,
) -> Result<Exit> {
    let chunks = Chunks::shown(json, options.no_receipts);
    let shown = if wait {
        ended(api, json, chunks, job_id, None).await?
    } else {
        let (document, detail) = api.job(job_id, chunks).await?;
        whole(api, document, detail).await?
    };
    let (document, mut detail) = match shown {
        Ok(shown) => shown,
        Err(exit) => return Ok(exit),
    };
    if options.csv {
        write_csv(&mut detail, |detail| render::status(job_id, detail, None))?;
    } else {
        write(json, &document, || render::status(job_id, &detail, output::width()))?;
    }
    Ok(Exit::from(&detail.job.state))
}
