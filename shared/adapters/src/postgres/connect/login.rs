//! The user and password with which a connection logs in.

use std::time::Duration;

use aws_config::SdkConfig;
use pgfold_core::{Error, Result};
use tokio_postgres::Config;

use crate::{
    config::DatabaseAuth,
    iam_token::{Grant, TokenSigner},
    postgres::connect::{host::Host, secret::Secret},
};

/// The time limit of AWS for user and password.
const AWS_TIMEOUT: Duration = Duration::from_secs(2);

/// The source of a connection's user and password.
#[derive(Debug)]
pub(in crate::postgres) enum Login {
    /// Both are configured.
    Password,
    /// The user is configured; the password is an IAM token, a new one for every connection.
    Iam(TokenSigner),
    /// Both are in a secret of AWS Secrets Manager.
    Secret(Secret),
}

impl Login {
    pub(in crate::postgres) fn new(auth: DatabaseAuth, aws: &SdkConfig) -> Self {
        match auth {
            DatabaseAuth::Password => Self::Password,
            DatabaseAuth::Iam => Self::Iam(TokenSigner::new(aws)),
            DatabaseAuth::Secret { arn } => Self::Secret(Secret::new(aws, arn)),
        }
    }

    /// Sets the user and password with which a connection to `host` logs in.
    pub(in crate::postgres) async fn configure(
        &self,
        config: &mut Config,
        host: &Host,
    ) -> Result<()> {
        match self {
            Self::Password => {}
            Self::Iam(signer) => {
                let (Some((host, port)), Some(user)) = (host.endpoint(), config.get_user()) else {
                    let problem = "DATABASE_URL names no host, or no user, for an IAM token";
                    return Err(Error::Misconfigured(problem.to_owned()));
                };
                let token = signer.token(Grant::Database { host, port, user });
                let token = in_time("aws credentials", token).await?;
                config.password(token);
            }
            Self::Secret(secret) => {
                let credentials = in_time("secretsmanager", secret.credentials()).await?;
                config.user(&credentials.username).password(&credentials.password);
            }
        }
        Ok(())
    }

    /// Returns whether a database that refused the login may accept it later. A rotation changes
    /// the database and the secret one after the other. RDS checks IAM tokens with another service,
    /// and PostgreSQL reports that service's failures like a wrong password.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html>
    pub(in crate::postgres) fn may_be_let_in_later(&self) -> bool {
        match self {
            Self::Password => false,
            Self::Iam(_) | Self::Secret(_) => true,
        }
    }

    /// Drops credentials that the database refused. Returns whether the next login may use others.
    pub(in crate::postgres) async fn renew(&self) -> bool {
        match self {
            Self::Password | Self::Iam(_) => false,
            Self::Secret(secret) => {
                secret.forget().await;
                true
            }
        }
    }
}

/// Waits for an answer of AWS, at most for [`AWS_TIMEOUT`]. This time limit is separate from the
/// database's, so that the error names the right service.
async fn in_time<T>(service: &'static str, answer: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(AWS_TIMEOUT, answer).await.unwrap_or_else(|_| {
        Err(Error::unavailable(service, format!("no answer within {AWS_TIMEOUT:?}")))
    })
}
