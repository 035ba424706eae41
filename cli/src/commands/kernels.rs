//! `pgfold kernels`

use crate::{api::Api, commands::write::write, error::Result, exit::Exit, render};

pub(crate) async fn kernels(api: &Api, json: bool) -> Result<Exit> {
    let (document, kernels) = api.kernels().await?;
    write(json, &document, || render::kernels(&kernels.kernels))?;
    Ok(Exit::Done)
}
