//! `pgfold doctor`

use serde_json::json;

use crate::{
    api::Api, check::Verdict, commands::write::write, doctor::examine, document::Document,
    error::Result, exit::Exit, render,
};

pub(crate) async fn doctor(api: &Api, json: bool) -> Result<Exit> {
    let checks = examine(api).await;
    let document = Document::from(json!({ "checks": checks }));
    write(json, &document, || render::report(&checks))?;
    let has_failed = checks.iter().any(|check| check.verdict == Verdict::Failed);
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}
