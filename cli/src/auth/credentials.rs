//! AWS credentials from the environment, otherwise from the AWS CLI. The SDK's own chain would add
//! sixty crates.

use std::{
    env,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use reqwest::header::HeaderValue;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    auth::aws_cli,
    error::{Error, Result},
};

/// The time before their expiration from which credentials are not used. The CLI renews them
/// earlier.
const MARGIN: Duration = Duration::from_secs(60);

/// A cache of credentials while they are valid.
pub(super) struct Keychain {
    kept: Mutex<Option<Credentials>>,
    deadline: Option<Instant>,
}

impl Keychain {
    /// Makes an empty cache. The search for credentials stops at `deadline`.
    pub(super) fn new(deadline: Option<Instant>) -> Self {
        Self { kept: Mutex::default(), deadline }
    }

    /// Makes a cache that has credentials already.
    pub(super) fn of(credentials: Credentials) -> Self {
        Self { kept: Mutex::new(Some(credentials)), deadline: None }
    }

    pub(super) async fn credentials(&self) -> Result<Credentials> {
        // The lock is held during the search, so that concurrent requests run the CLI once.
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| are_good(kept, SystemTime::now())) {
            return Ok(kept.clone());
        }
        let found = match of_environment() {
            Some(credentials) => credentials,
            None => of_cli(self.deadline).await?,
        };
        Ok(kept.insert(found).clone())
    }

    /// Drops the credentials that made `signature`, because it was refused. The cache may have
    /// other credentials by now, which stay.
    pub(super) async fn refused(&self, signature: &HeaderValue) {
        let signature = signature.to_str().unwrap_or_default();
        let made_it = |kept: &mut Credentials| {
            signature.contains(&format!(" Credential={}/", kept.access_key_id()))
        };
        self.kept.lock().await.take_if(made_it);
    }
}

fn are_good(credentials: &Credentials, now: SystemTime) -> bool {
    credentials.expiry().is_none_or(|expiry| now + MARGIN < expiry)
}

fn of_environment() -> Option<Credentials> {
    // An empty variable counts as unset.
    let value = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let (id, secret) = (value("AWS_ACCESS_KEY_ID")?, value("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, secret, value("AWS_SESSION_TOKEN"), None, "environment"))
}

async fn of_cli(deadline: Option<Instant>) -> Result<Credentials> {
    aws_cli::credentials(deadline).await.map_err(|why| {
        Error::Usage(format!(
            "no AWS credentials for --auth iam: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are \
             not set, and {why}; log in with the AWS CLI 2, or set them by \
             eval \"$(aws configure export-credentials --format env)\" where it is logged in"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn credentials(id: &str, expiry: Option<SystemTime>) -> Credentials {
        Credentials::new(id, "s", None, expiry, "test")
    }

    #[test]
    fn credentials_are_used_until_shortly_before_their_expiration() {
        let end = UNIX_EPOCH + Duration::from_secs(10_000);
        let good = |expiry, now| are_good(&credentials("AKID", expiry), now);
        assert!(good(Some(end), end - MARGIN * 2));
        assert!(!good(Some(end), end - MARGIN));
        assert!(!good(Some(end), end + MARGIN));
        assert!(good(None, end));
    }

    #[tokio::test]
    async fn credentials_are_kept_until_their_own_signature_is_refused() {
        let keychain = Keychain::of(credentials("AKIDNEW", None));
        for (id, kept) in [("AKIDOLD", true), ("AKIDNE", true), ("AKIDNEW", false)] {
            let signature = format!("AWS4-HMAC-SHA256 Credential={id}/20261123/eu-west-1/s");
            keychain.refused(&HeaderValue::try_from(signature).unwrap()).await;
            assert_eq!(keychain.kept.lock().await.is_some(), kept, "{id}");
        }
    }
}
