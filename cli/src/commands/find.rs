//! Finding the API of a command.

use std::path::Path;

use tokio::time::Instant;

use crate::{api::Api, arguments::Global, auth::Auth, client::Client, error::Result, location};

/// Returns the API that the command line, the environment or a local cloud names.
pub(super) async fn api(
    global: &Global,
    directory: &Path,
    deadline: Option<Instant>,
) -> Result<Api> {
    let url = location::find(global.url.as_deref(), directory)?;
    let auth = Auth::new(&global.authorisation, &url, deadline)?;
    auth.prepare().await?;
    Ok(Api { client: Client::new(url, auth)?, deadline })
}
