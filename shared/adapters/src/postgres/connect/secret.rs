//! User and password from a secret of AWS Secrets Manager, which RDS writes and rotates.

use std::{fmt, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use pgfold_core::{Error, Result};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::aws::from_sdk;

/// The fields of a secret that are used. The type has no `Debug`, so that it is never logged.
#[derive(Deserialize)]
pub(in crate::postgres) struct Credentials {
    pub(in crate::postgres) username: String,
    pub(in crate::postgres) password: String,
}

/// A secret, which is fetched when it is first needed and then cached.
pub(in crate::postgres) struct Secret {
    client: Client,
    arn: String,
    /// The cached secret. It is locked during a fetch, so that the secret is fetched once.
    kept: Mutex<Option<Arc<Credentials>>>,
}

impl Secret {
    pub(in crate::postgres) fn new(aws: &SdkConfig, arn: String) -> Self {
        Self { client: Client::new(aws), arn, kept: Mutex::default() }
    }

    pub(in crate::postgres) async fn credentials(&self) -> Result<Arc<Credentials>> {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = &*kept {
            return Ok(Arc::clone(credentials));
        }
        let fetched = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let fetched = fetched.map_err(|error| from_sdk("secretsmanager", error))?;
        // The parser's error is dropped because it may quote the secret.
        let credentials = serde_json::from_str(fetched.secret_string().unwrap_or_default());
        let credentials = Arc::new(credentials.map_err(|_| {
            let problem =
                "DATABASE_SECRET_ARN names a secret without username and password in JSON";
            Error::Misconfigured(problem.to_owned())
        })?);
        Ok(Arc::clone(kept.insert(credentials)))
    }

    /// Clears the cache, so that the secret is fetched again the next time.
    pub(in crate::postgres) async fn forget(&self) {
        *self.kept.lock().await = None;
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").field(&self.arn).finish()
    }
}
