//! AWS Signature Version 4, as API Gateway and services of AWS check it.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use reqwest::{
    Body, Request,
    header::{HeaderName, HeaderValue},
};

use crate::{
    auth::credentials::Keychain,
    error::{Error, Result},
};

/// A service that signatures are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// API Gateway, for the API.
    Api,
    /// EventBridge Scheduler.
    Scheduler,
}

impl Service {
    /// Its name in a signature.
    const fn name(self) -> &'static str {
        match self {
            Self::Api => "execute-api",
            Self::Scheduler => "scheduler",
        }
    }
}

/// Signs requests to one service in one region.
pub(crate) struct Signer {
    service: Service,
    region: String,
    keychain: Keychain,
}

impl Signer {
    pub(super) fn new(service: Service, region: &str, keychain: Keychain) -> Self {
        Self { service, region: region.to_owned(), keychain }
    }

    pub(super) fn service(&self) -> Service {
        self.service
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    pub(super) async fn prepare(&self) -> Result<()> {
        self.keychain.credentials().await.map(drop)
    }

    pub(super) async fn sign(&self, request: &mut Request) -> Result<()> {
        let credentials = self.keychain.credentials().await?;
        // Signers disagree whether a plus is a space, but agree on %20.
        if let Some(query) = request.url().query().map(|query| query.replace('+', "%20")) {
            request.url_mut().set_query(Some(&query));
        }
        let place = (self.service, self.region.as_str());
        let headers = signature(request, credentials, place, SystemTime::now())
            .map_err(|error| Error::Usage(format!("a request cannot be signed: {error}")))?;
        for (name, value) in headers {
            // Replaces a header of the same name, because AWS refuses two.
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }

    /// Drops the credentials of a signature that the API refused.
    pub(super) async fn refused(&self, signature: &HeaderValue) {
        self.keychain.refused(signature).await;
    }
}

/// Returns the headers that sign the method, the host, the path, the query and the body of
/// `request`. Other headers are not signed, because a proxy in between may change them.
fn signature(
    request: &Request,
    credentials: Credentials,
    (service, region): (Service, &str),
    now: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, Box<dyn std::error::Error>> {
    let identity = credentials.into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service.name())
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    // A body without bytes would be a stream, which no request here has.
    let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.url().as_str(),
        std::iter::empty(),
        SignableBody::Bytes(body),
    )?;
    let (instructions, _signature) = sign(signable, &parameters)?.into_parts();
    let (headers, _query) = instructions.into_parts();
    let headers = headers.into_iter().map(|header| {
        let mut value = HeaderValue::from_str(header.value())?;
        value.set_sensitive(header.sensitive());
        Ok((HeaderName::from_static(header.name()), value))
    });
    headers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    use reqwest::{Method, header::AUTHORIZATION};

    /// Signs a request at 2026-11-23T08:30:00Z with the secret of AWS's documentation.
    fn headers(
        method: Method,
        url: &str,
        body: &'static str,
        token: Option<&str>,
    ) -> Vec<(String, String)> {
        let mut request = Request::new(method, url.parse().unwrap());
        if !body.is_empty() {
            *request.body_mut() = Some(body.into());
        }
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let token = token.map(str::to_owned);
        let credentials = Credentials::new("AKIDEXAMPLE", secret, token, None, "test");
        let now = UNIX_EPOCH + Duration::from_secs(1_795_422_600);
        let headers =
            signature(&request, credentials, (Service::Api, "eu-central-1"), now).unwrap();
        let shown = |(name, value): (HeaderName, HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        headers.into_iter().map(shown).collect()
    }

    fn authorization(signed: &str, signature: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 \
             Credential=AKIDEXAMPLE/20261123/eu-central-1/execute-api/aws4_request, \
             SignedHeaders={signed}, Signature={signature}"
        )
    }

    fn has(headers: &[(String, String)], name: &str, value: &str) {
        assert!(headers.contains(&(name.to_owned(), value.to_owned())), "{headers:?}");
    }

    // The expected signatures are those of botocore's
    // `SigV4Auth(credentials, "execute-api", "eu-central-1")` at that second.

    #[test]
    fn a_query_is_signed_in_its_canonical_order() {
        let url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com\
                   /tasks?limit=25&cursor=a%26b&state=failed";
        let headers = headers(Method::GET, url, "", None);
        let signature = "969228301f182da866eb4d118fd9c65d2be4d976d99e83bb48a520d2fd81af15";
        has(&headers, "authorization", &authorization("host;x-amz-date", signature));
        has(&headers, "x-amz-date", "20261123T083000Z");
    }

    #[test]
    fn a_body_and_a_session_token_are_signed() {
        let url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/compute_min_distance";
        let token = "AQoDYXdzEXAMPLE//token==";
        let headers = headers(Method::POST, url, r#"{"chunks":4}"#, Some(token));
        let signature = "23b7ff67a6165020b1721c1ff61cce5ebf754fdc0b0bb87639f14cb37de4b2cb";
        let signed = "host;x-amz-date;x-amz-security-token";
        has(&headers, "authorization", &authorization(signed, signature));
        has(&headers, "x-amz-security-token", token);
    }

    #[test]
    fn a_path_is_encoded_twice_and_the_host_includes_its_port() {
        let url = "http://127.0.0.1:4566/stage/tasks/agg_1%20x";
        let headers = headers(Method::DELETE, url, "", Some("t"));
        let signature = "3d47353caad19eabf32adcc8050ae70b0e7580dde7a12803e78651e8fe8163fe";
        let signed = "host;x-amz-date;x-amz-security-token";
        has(&headers, "authorization", &authorization(signed, signature));
    }

    #[tokio::test]
    async fn a_signature_replaces_other_authorisation() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let keychain = Keychain::of(credentials);
        let signer = Signer::new(Service::Api, "eu-central-1", keychain);
        let mut request = Request::new(Method::GET, "https://host/tasks".parse().unwrap());
        let basic = HeaderValue::from_static("Basic bWU6c2VjcmV0");
        request.headers_mut().insert(AUTHORIZATION, basic);
        signer.sign(&mut request).await.unwrap();
        let sent: Vec<_> = request.headers().get_all(AUTHORIZATION).iter().collect();
        let [signature] = sent[..] else { panic!("{sent:?}") };
        assert!(signature.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 "), "{signature:?}");
    }

    #[test]
    fn debug_forms_do_not_show_secrets() {
        let request = Request::new(Method::GET, "https://host/".parse().unwrap());
        let token = Some("the-token".to_owned());
        let credentials = Credentials::new("AKID", "the-secret", token, None, "test");
        let shown = format!("{credentials:?}");
        let headers =
            signature(&request, credentials, (Service::Api, "us-east-1"), UNIX_EPOCH).unwrap();
        let shown = format!("{shown}{headers:?}");
        assert!(!shown.contains("the-token") && !shown.contains("the-secret"), "{shown}");
    }
}
