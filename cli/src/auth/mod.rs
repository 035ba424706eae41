//! The authorisation of requests: none, a token, or a signature with AWS credentials.

mod aws_cli;
mod credentials;
pub(crate) mod host;
mod sigv4;

use aws_credential_types::Credentials;
use reqwest::{
    Request, StatusCode, Url,
    header::{AUTHORIZATION, HeaderValue},
};
use tokio::time::Instant;

use crate::{
    arguments::{Authorisation, Scheme, Token},
    error::{Error, Result},
    loopback::is_loopback,
};

use self::{
    credentials::Keychain,
    sigv4::{Service, Signer},
};

/// The authorisation of requests.
pub(crate) enum Auth {
    None,
    Bearer(HeaderValue),
    Iam(Signer),
}

impl Auth {
    /// Makes the requested authorisation. Without a request a token, or the name of the API's host,
    /// decides. The search for credentials stops at `deadline`.
    pub(crate) fn new(asked: &Authorisation, url: &Url, deadline: Option<Instant>) -> Result<Self> {
        // An empty variable counts as unset.
        let token = asked.token.as_ref().filter(|token| !token.0.is_empty());
        let region = asked.region.as_deref().filter(|region| !region.is_empty());
        let region = host::region(url).or(region);
        let scheme = asked.auth.unwrap_or(match (token, host::region(url)) {
            (Some(_), _) => Scheme::Bearer,
            (None, Some(_)) => Scheme::Iam,
            (None, None) => Scheme::None,
        });
        if scheme != Scheme::None && url.scheme() == "http" && !is_loopback(url) {
            let host = url.host_str().unwrap_or_default();
            return Err(Error::Usage(format!(
                "http://{host} would receive the authorisation in the clear: give an https:// URL"
            )));
        }
        match scheme {
            Scheme::None => Ok(Self::None),
            Scheme::Bearer => bearer(token).map(Self::Bearer),
            Scheme::Iam => match region {
                Some(region) => {
                    Ok(Self::Iam(Signer::new(Service::Api, region, Keychain::new(deadline))))
                }
                None => Err(Error::Usage(
                    "--auth iam signs for a region: give --region, or set AWS_REGION".to_owned(),
                )),
            },
        }
    }

    /// Makes the authorisation of requests to EventBridge Scheduler, with `credentials` if they are
    /// known. The search for others stops at `deadline`.
    pub(crate) fn of_scheduler(
        region: &str,
        credentials: Option<Credentials>,
        deadline: Option<Instant>,
    ) -> Self {
        let keychain = credentials.map_or_else(|| Keychain::new(deadline), Keychain::of);
        Self::Iam(Signer::new(Service::Scheduler, region, keychain))
    }

    /// Finds the credentials before the first request, so that missing credentials are reported at
    /// once.
    pub(crate) async fn prepare(&self) -> Result<()> {
        match self {
            Self::None | Self::Bearer(_) => Ok(()),
            Self::Iam(signer) => signer.prepare().await,
        }
    }

    /// Adds the authorisation to `request`. The request must not be changed afterwards.
    pub(crate) async fn add_to(&self, request: &mut Request) -> Result<()> {
        match self {
            Self::None => {}
            Self::Bearer(header) => {
                request.headers_mut().insert(AUTHORIZATION, header.clone());
            }
            Self::Iam(signer) => signer.sign(request).await?,
        }
        Ok(())
    }

    /// Handles the status of the answer to a request with this `Authorization`. Refused credentials
    /// are dropped, because they may have been revoked.
    pub(crate) async fn answered(&self, status: StatusCode, authorization: &HeaderValue) {
        if let (Self::Iam(signer), true) = (self, is_refusal(status)) {
            signer.refused(authorization).await;
        }
    }

    /// Returns what the user can do about a 401 or 403.
    pub(crate) fn advice(&self, status: StatusCode) -> Option<String> {
        if !is_refusal(status) {
            return None;
        }
        Some(match self {
            Self::None => "the request had no authorisation: --auth iam signs it with AWS \
                           credentials, --auth bearer sends --token"
                .to_owned(),
            Self::Bearer(_) => "the API does not take the token of --token (PGFOLD_TOKEN): it may \
                                have expired, be for another audience or lack a scope; --auth iam \
                                signs with AWS credentials instead"
                .to_owned(),
            Self::Iam(signer) if signer.service() == Service::Scheduler => format!(
                "it was signed with AWS credentials for {}: they may have expired, or lack a right \
                 on schedules, `aws sts get-caller-identity` tells whose they are",
                signer.region()
            ),
            Self::Iam(signer) => format!(
                "it was signed with AWS credentials for {}: they may have expired, or lack \
                 execute-api:Invoke on this API, `aws sts get-caller-identity` tells whose they \
                 are; if the API takes tokens, --auth bearer sends --token",
                signer.region()
            ),
        })
    }
}

/// Returns whether the API refused the authorisation.
fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn bearer(token: Option<&Token>) -> Result<HeaderValue> {
    let Some(Token(token)) = token else {
        let sentence = "--auth bearer sends a token: give --token, or set PGFOLD_TOKEN";
        return Err(Error::Usage(sentence.to_owned()));
    };
    // An error must not contain the token.
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
        Error::Usage("the token has characters that a header cannot have".to_owned())
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_AWS: &str = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    const ELSEWHERE: &str = "https://pgfold.example.com/v1";
    const LOCAL: &str = "http://127.0.0.1:8080";

    fn chosen(
        url: &str,
        auth: Option<Scheme>,
        token: &str,
        region: &str,
    ) -> Result<(Scheme, String)> {
        let given = |text: &str| Some(text.to_owned());
        let asked =
            Authorisation { auth, token: given(token).map(Token::from), region: given(region) };
        Ok(match Auth::new(&asked, &url.parse().unwrap(), None)? {
            Auth::None => (Scheme::None, String::new()),
            Auth::Bearer(header) => (Scheme::Bearer, header.to_str().unwrap().to_owned()),
            Auth::Iam(signer) => (Scheme::Iam, signer.region().to_owned()),
        })
    }

    #[test]
    fn without_the_auth_option_the_token_and_the_host_decide() {
        let iam = (Scheme::Iam, "eu-central-1".to_owned());
        assert_eq!(chosen(ON_AWS, None, "", "").unwrap(), iam);
        // The host's region is the only one that its signatures can be for.
        assert_eq!(chosen(ON_AWS, None, "", "us-east-1").unwrap(), iam);
        let bearer = (Scheme::Bearer, "Bearer t".to_owned());
        for url in [ON_AWS, ELSEWHERE, LOCAL] {
            assert_eq!(chosen(url, None, "t", "us-east-1").unwrap(), bearer, "{url}");
        }
        for url in [ELSEWHERE, LOCAL] {
            assert_eq!(chosen(url, None, "", "us-east-1").unwrap().0, Scheme::None, "{url}");
        }
    }

    #[test]
    fn the_auth_option_comes_first() {
        assert_eq!(chosen(ON_AWS, Some(Scheme::None), "t", "").unwrap().0, Scheme::None);
        assert_eq!(chosen(ON_AWS, Some(Scheme::Iam), "t", "").unwrap().0, Scheme::Iam);
        let iam = (Scheme::Iam, "us-east-1".to_owned());
        assert_eq!(chosen(ELSEWHERE, Some(Scheme::Iam), "", "us-east-1").unwrap(), iam);
    }

    #[test]
    fn errors_name_what_is_missing() {
        let error = |scheme| chosen(ELSEWHERE, Some(scheme), "", "").unwrap_err().to_string();
        assert!(error(Scheme::Iam).contains("AWS_REGION"), "{}", error(Scheme::Iam));
        assert!(error(Scheme::Bearer).contains("PGFOLD_TOKEN"), "{}", error(Scheme::Bearer));
    }

    #[test]
    fn no_secret_is_sent_over_the_network_in_the_clear() {
        for scheme in [Scheme::Iam, Scheme::Bearer] {
            let error = chosen("http://pgfold.example.com", Some(scheme), "secret", "us-east-1");
            let error = error.unwrap_err().to_string();
            assert!(error.contains("https://") && !error.contains("secret"), "{error}");
            for url in [LOCAL, "http://localhost:1", "http://api.localhost:1", "http://[::1]:1"] {
                assert!(chosen(url, Some(scheme), "secret", "us-east-1").is_ok(), "{url}");
            }
        }
        assert!(chosen("http://pgfold.example.com", None, "", "").is_ok());
    }

    #[test]
    fn an_error_does_not_contain_the_token() {
        let error = chosen(LOCAL, None, "se\ncret", "").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("cret"), "{error:?}");
    }

    #[test]
    fn only_a_refusal_has_advice() {
        for (status, advised) in [(401, true), (403, true), (404, false), (429, false)] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Auth::None.advice(status).is_some(), advised, "{status}");
        }
    }
}
