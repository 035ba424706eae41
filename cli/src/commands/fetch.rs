//! `pgfold fetch`

use std::path::PathBuf;

use pgfold_api::State;

use crate::{
    api::{Api, Chunks},
    arguments::Fetch,
    commands::{ended::ended, save::save},
    download::Target,
    error::{Error, Result, tell},
    exit::Exit,
    render,
};

pub(crate) async fn fetch(api: &Api, json: bool, which: &Fetch) -> Result<Exit> {
    let job_id = &which.job_id;
    let (document, detail) = if which.wait {
        match ended(api, json, Chunks::None, job_id, None).await? {
            Ok(ended) => ended,
            Err(exit) => return Ok(exit),
        }
    } else {
        api.job(job_id, Chunks::None).await?
    };
    let state = &detail.job.state;
    let Some(files) = &detail.files else {
        match state {
            State::Completed => {
                return Err(Error::Usage(format!(
                    "{job_id} has an answer instead of files; `pgfold status {job_id}` shows it"
                )));
            }
            State::Failed | State::Cancelled | State::Expired => {
                tell(&render::misfortune(job_id, &detail));
            }
            State::Pending | State::Other(_) => tell(&format!(
                "{job_id} is {}, and has no files yet; --wait waits for them",
                state.name()
            )),
        }
        return Ok(Exit::from(state));
    };
    let own_name = || PathBuf::from(format!("{job_id}.{}", files.format.name()));
    let target = Target::new(&which.output.clone().unwrap_or_else(own_name), files.format)?;
    save(api, json, files, target, (&document, &detail)).await
}
