//! AWS IAM tokens, which a database accepts as a password.
//!
//! A token is a presigned request that is never sent. It is signed here, without a call, and states
//! which user connects to which server, and until when.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_config::{Region, SdkConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pgfold_core::{Error, Result};

/// The time for which a token opens connections, the longest that AWS allows. An open connection
/// stays open.
const LIFETIME: Duration = Duration::from_secs(900);

/// The characters that are escaped in a query: all except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The server to which a token gives access, and the user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Grant<'a> {
    /// A user of a database in RDS or Aurora, or behind RDS Proxy.
    Database { host: &'a str, port: u16, user: &'a str },
    /// A user of a cache in ElastiCache.
    Cache { name: &'a str, is_serverless: bool, user: &'a str },
}

impl Grant<'_> {
    /// Returns the name of the service in the signature.
    fn service(&self) -> &'static str {
        match self {
            Self::Database { .. } => "rds-db",
            Self::Cache { .. } => "elasticache",
        }
    }

    /// Returns the URL of the request that is signed.
    fn url(&self) -> String {
        let encoded = |value| utf8_percent_encode(value, RESERVED);
        match self {
            Self::Database { host, port, user } => {
                format!("https://{host}:{port}/?Action=connect&DBUser={}", encoded(user))
            }
            Self::Cache { name, is_serverless, user } => {
                let resource = if *is_serverless { "&ResourceType=ServerlessCache" } else { "" };
                let (name, user) = (name.to_lowercase(), encoded(user));
                format!("https://{name}/?Action=connect{resource}&User={user}")
            }
        }
    }
}

/// Signs tokens as this function's role.
pub(crate) struct TokenSigner {
    credentials: Option<SharedCredentialsProvider>,
    region: Option<Region>,
}

impl TokenSigner {
    pub(crate) fn new(aws: &SdkConfig) -> Self {
        Self { credentials: aws.credentials_provider(), region: aws.region().cloned() }
    }

    /// Signs a token that is valid from now on.
    pub(crate) async fn token(&self, grant: Grant<'_>) -> Result<String> {
        let missing = |what| Error::Misconfigured(format!("an IAM token needs AWS {what}"));
        let region = self.region.as_ref().ok_or_else(|| missing("region"))?;
        let provider = self.credentials.as_ref().ok_or_else(|| missing("credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(|error| match error {
            CredentialsError::CredentialsNotLoaded(_) => missing("credentials"),
            error => Error::unavailable("aws credentials", error),
        })?;
        presigned(grant, credentials, region.as_ref(), SystemTime::now()).map_err(|error| {
            Error::Misconfigured(format!("an IAM token cannot be signed: {error}"))
        })
    }
}

impl fmt::Debug for TokenSigner {
    /// Omits the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("region", &self.region).finish_non_exhaustive()
    }
}

fn presigned(
    grant: Grant<'_>,
    credentials: Credentials,
    region: &str,
    now: SystemTime,
) -> std::result::Result<String, BoxError> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(grant.service())
        .time(now)
        .settings(settings)
        .build()?
        .into();
    let mut url = grant.url();
    let nothing = SignableBody::Bytes(&[]);
    let request = SignableRequest::new("GET", &url, std::iter::empty(), nothing)?;
    let (signature, _) = sign(request, &parameters)?.into_parts();
    let mut token = url.split_off("https://".len());
    for (name, value) in signature.params() {
        token += &format!("&{name}={}", utf8_percent_encode(value, RESERVED));
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "orders.c9akciq32.eu-central-1.rds.amazonaws.com";
    const SESSION: &str = "IQoJb3JpZ2luX2VjEXAMPLE/+==";

    /// Signs a token for 2026-11-23 08:22:15 UTC with the key of AWS's examples.
    fn token(grant: Grant<'_>, session: Option<&str>) -> String {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let session = session.map(str::to_owned);
        let credentials = Credentials::new("AKIDEXAMPLE", secret, session, None, "a test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_422_135);
        presigned(grant, credentials, "eu-central-1", now).unwrap()
    }

    fn database(user: &str, session: Option<&str>) -> String {
        token(Grant::Database { host: HOST, port: 5432, user }, session)
    }

    fn cache(is_serverless: bool, session: Option<&str>) -> String {
        token(Grant::Cache { name: "Pgfold-Jobs", is_serverless, user: "pgfold" }, session)
    }

    /// Splits a token into its address and its parameters, sorted because their order does not
    /// matter.
    fn parts(token: &str) -> (&str, Vec<&str>) {
        let (place, query) = token.split_once("/?").unwrap();
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        (place, parameters)
    }

    fn assert_same(token: &str, expected: &str) {
        assert_eq!(parts(token), parts(expected));
    }

    // The expected tokens are those of botocore 1.43.127 for the same second and key, from
    // `generate_db_auth_token` of its RDS client.
    #[test]
    fn the_token_for_a_database_is_that_of_the_aws_sdk_for_python() {
        assert_same(
            &database("pgfold_mapper", None),
            "orders.c9akciq32.eu-central-1.rds.amazonaws.com:5432/?Action=connect\
             &DBUser=pgfold_mapper&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-central-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20261123T082215Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
             &X-Amz-Signature=1725ec67c1a5e50cd74a47698e852bc431e11cf49a3630bd8b47e439c6c2e381",
        );
        assert_same(
            &database("pgfold_mapper", Some(SESSION)),
            "orders.c9akciq32.eu-central-1.rds.amazonaws.com:5432/?Action=connect\
             &DBUser=pgfold_mapper&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-central-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20261123T082215Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
             &X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2B%3D%3D\
             &X-Amz-Signature=4f1760dd87443730f5a9490ac4437f17bae690a3771dfabf2226e230c5d419e2",
        );
        assert_same(
            &database("pgfold mapper/é", None),
            "orders.c9akciq32.eu-central-1.rds.amazonaws.com:5432/?Action=connect\
             &DBUser=pgfold%20mapper%2F%C3%A9&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-central-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20261123T082215Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
             &X-Amz-Signature=da1dc00c2cd4c47b561640c7ecdbba60ca3bf1d3d757483b4f67cc49b6ad9fa6",
        );
    }

    // The expected tokens are from `RequestSigner.generate_presigned_url` for the service
    // `elasticache`. botocore has no function for these tokens, but AWS's examples for Python use
    // its signer.
    #[test]
    fn the_token_for_a_cache_is_that_of_the_aws_sdk_for_python() {
        assert_same(
            &cache(true, None),
            "pgfold-jobs/?Action=connect&User=pgfold&ResourceType=ServerlessCache\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-central-1%2Felasticache%2Faws4_request\
             &X-Amz-Date=20261123T082215Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
             &X-Amz-Signature=ac6aa86df41f72aedd4b16faec82d8feb1361a2be18c63b30b645f43a45c804c",
        );
        assert_same(
            &cache(false, Some(SESSION)),
            "pgfold-jobs/?Action=connect&User=pgfold&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Feu-central-1%2Felasticache%2Faws4_request\
             &X-Amz-Date=20261123T082215Z&X-Amz-SignedHeaders=host&X-Amz-Expires=900\
             &X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2B%3D%3D\
             &X-Amz-Signature=030df2452b01c136f7fed447634b4b77b0b99de7f0ae635570a87d75b8d9181b",
        );
    }
}
