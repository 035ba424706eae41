//! `pgfold sources`

use serde_json::Value;

use crate::{
    api::Api,
    commands::write::write,
    document::Document,
    error::{Error, Result},
    exit::Exit,
    output, render,
    similar::did_you_mean,
};

pub(crate) async fn sources(api: &Api, json: bool, wanted: Option<&str>) -> Result<Exit> {
    let (document, list) = api.sources().await?;
    let Some(wanted) = wanted else {
        write(json, &document, || render::sources(&list.sources, output::width()))?;
        return Ok(Exit::Done);
    };
    let Some(place) = list.sources.iter().position(|known| known.source == wanted) else {
        let names: Vec<&str> = list.sources.iter().map(|known| &*known.source).collect();
        let known = names.join(", ");
        let error = Error::Usage(format!("there is no source {wanted:?}; there is {known}"));
        return Err(match did_you_mean(wanted, &names) {
            Some(hint) => error.hint(hint),
            None => error,
        });
    };
    // The part of the document that is about the source, as the server wrote it.
    let part: Value = document.value()["sources"][place].take();
    write(json, &Document::from(part), || render::source(&list.sources[place]))?;
    Ok(Exit::Done)
}
