//! What a connection logs in with.

use aws_config::SdkConfig;
use pgfold_core::{Error, Result};
use tokio_postgres::Config;

use super::{host::Host, secret::Secret};
use crate::{
    config::DatabaseAuth,
    iam_token::{Grant, TokenSigner},
};

/// Where user and password of a connection come from.
#[derive(Debug)]
pub(super) enum Login {
    /// They are configured.
    Password,
    /// The user is configured; the password is a token of its own for every connection.
    Iam(TokenSigner),
    /// Both are in a secret.
    Secret(Secret),
}

impl Login {
    pub(super) fn new(auth: DatabaseAuth, aws: &SdkConfig) -> Self {
        match auth {
            DatabaseAuth::Password => Self::Password,
            DatabaseAuth::Iam => Self::Iam(TokenSigner::new(aws)),
            DatabaseAuth::Secret { arn } => Self::Secret(Secret::new(aws, arn)),
        }
    }

    /// Has a connection to `host` log in.
    pub(super) async fn configure(&self, config: &mut Config, host: &Host) -> Result<()> {
        match self {
            Self::Password => {}
            Self::Iam(signer) => {
                let (Some((host, port)), Some(user)) = (host.endpoint(), config.get_user()) else {
                    let problem = "DATABASE_URL names no host, or no user, for an IAM token";
                    return Err(Error::Misconfigured(problem.to_owned()));
                };
                let token = signer.token(Grant::Database { host, port, user }).await?;
                config.password(token);
            }
            Self::Secret(secret) => {
                let credentials = secret.credentials().await?;
                config.user(&credentials.username).password(&credentials.password);
            }
        }
        Ok(())
    }

    /// After the database has refused it: whether it will be another the next time.
    pub(super) async fn renew(&self) -> bool {
        match self {
            Self::Password | Self::Iam(_) => false,
            Self::Secret(secret) => {
                secret.forget().await;
                true
            }
        }
    }
}
