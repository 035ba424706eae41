//! From a submitted job to its answer in a command.

use pgfold_api::State;

use crate::{
    api::{Api, Chunks},
    arguments::AnswerOptions,
    commands::{
        ended::ended,
        save::save,
        write::{write, write_csv},
    },
    document::Document,
    download::Target,
    error::{Error, Result, tell},
    exit::Exit,
    output, render,
};

/// Waits until a job has ended, and writes its answer or downloads its files to `target`.
/// `submitted` is the document to write if no later one was received.
pub(super) async fn finish(
    api: &Api,
    json: bool,
    job_id: &str,
    options: &AnswerOptions,
    target: Option<Target>,
    submitted: Option<&Document>,
) -> Result<Exit> {
    let chunks = Chunks::shown(json, options.no_receipts);
    let (document, mut detail) = match ended(api, json, chunks, job_id, submitted).await? {
        Ok(ended) => ended,
        Err(exit) => return Ok(exit),
    };
    let is_completed = detail.job.state == State::Completed;
    if let Some(target) = target.filter(|_| is_completed) {
        let Some(files) = &detail.files else {
            let why = "the job has completed without files".to_owned();
            return Err(Error::Unreadable { request: job_id.to_owned(), why });
        };
        return save(api, json, files, target, (&document, &detail)).await;
    }
    if options.csv && is_completed {
        write_csv(&mut detail, |detail| render::answer(detail, None))?;
    } else if json || is_completed {
        write(json, &document, || render::answer(&detail, output::width()))?;
    }
    let state = &detail.job.state;
    if !is_completed {
        tell(&render::misfortune(job_id, &detail));
    }
    Ok(Exit::from(state))
}
