//! Where the schedules of a deployment are.

use std::{env, path::Path};

use aws_credential_types::Credentials;
use reqwest::Url;
use tokio::time::Instant;

use crate::{
    arguments::Global,
    auth::{Auth, host},
    error::{Error, Result},
    local_cloud::LocalCloud,
};

/// The name of the stack in the file of a local cloud, and its variable.
const STACK: &str = "PGFOLD_STACK";

/// The variables by which the SDKs of AWS are led elsewhere, the first before the second.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_SCHEDULER", "AWS_ENDPOINT_URL"];

/// A deployment, by the name of its stack and the Scheduler of its region.
pub(crate) struct Deployment {
    pub(super) stack: String,
    pub(super) endpoint: Url,
    pub(super) auth: Auth,
}

impl Deployment {
    /// Returns the deployment `stack` in AWS, otherwise that of the local cloud in `directory` or
    /// its nearest parent. The search for credentials stops at `deadline`.
    pub(crate) fn find(
        stack: Option<&str>,
        global: &Global,
        directory: &Path,
        deadline: Option<Instant>,
    ) -> Result<Self> {
        // An empty variable counts as unset.
        match stack.filter(|stack| !stack.is_empty()) {
            Some(stack) => Self::in_aws(stack, global, deadline),
            None => Self::on_this_machine(directory),
        }
    }

    fn in_aws(stack: &str, global: &Global, deadline: Option<Instant>) -> Result<Self> {
        let url = global.url.as_deref().and_then(|url| Url::parse(url).ok());
        let region = global.authorisation.region.as_deref().filter(|region| !region.is_empty());
        let region = region.or_else(|| host::region(url.as_ref()?)).ok_or_else(|| {
            Error::Usage(format!(
                "the region of the stack {stack} is not known: give --region, or set AWS_REGION"
            ))
        })?;
        let given = ENDPOINTS.iter().find_map(|name| {
            let value = env::var(name).ok().filter(|value| !value.is_empty());
            value.map(|value| (*name, value))
        });
        let endpoint = match given {
            Some((name, value)) => parse(name, &value)?,
            None => {
                let host = host::of_service("scheduler", region);
                parse("--region", &format!("https://{host}"))?
            }
        };
        let auth = Auth::of_scheduler(region, None, deadline);
        Ok(Self { stack: stack.to_owned(), endpoint, auth })
    }

    fn on_this_machine(directory: &Path) -> Result<Self> {
        let unknown = || {
            Error::Usage(format!(
                "no deployment is known: give --stack, set {STACK}, or `make up` in a checkout"
            ))
        };
        let cloud = LocalCloud::with(STACK, directory).ok_or_else(unknown)?;
        let value = |name: &str| cloud.value(name).ok_or_else(unknown);
        let endpoint = parse("AWS_ENDPOINT_URL", &value("AWS_ENDPOINT_URL")?)?;
        cloud.check(&endpoint, "--stack")?;
        let (id, secret) = (value("AWS_ACCESS_KEY_ID")?, value("AWS_SECRET_ACCESS_KEY")?);
        // Not the caller's, which are of AWS.
        let credentials = Credentials::new(id, secret, None, None, "local cloud");
        let auth = Auth::of_scheduler(&value("AWS_REGION")?, Some(credentials), None);
        Ok(Self { stack: value(STACK)?, endpoint, auth })
    }
}

fn parse(name: &str, url: &str) -> Result<Url> {
    Url::parse(url)
        .map_err(|error| Error::Usage(format!("{name} leads to no server, {url:?}: {error}")))
}
