use std::time::Duration;

use reqwest::{Client, Response, StatusCode, Url, header::RANGE};

use super::Failure;
use crate::{
    connection,
    error::{root_cause, why_lost},
    loopback::is_loopback,
};

/// The longest time without a byte.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// The most bytes of an error's body that are read.
const LONGEST_ERROR: usize = 4096;

/// The server that has the files. Its requests have no authorisation except what is in the links,
/// and no error shows that.
pub(super) struct Storage {
    http: Client,
    /// The scheme, the host and the port of its links.
    origin: String,
}

impl Storage {
    /// Makes the storage to which a link leads.
    pub(super) fn new(link: &str) -> Result<Self, Failure> {
        let url = followed(link)?;
        let builder = connection::builder(&url)
            .connect_timeout(LONGEST_SILENCE)
            .read_timeout(LONGEST_SILENCE);
        let http = builder.build().map_err(|error| Failure::Lost(root_cause(&error)))?;
        Ok(Self { http, origin: url.origin().ascii_serialization() })
    }

    /// Starts to read the file of a link, from a byte on if the storage can.
    pub(super) async fn get(&self, link: &str, from: u64) -> Result<Response, Failure> {
        let url = followed(link)?;
        let origin = url.origin().ascii_serialization();
        if origin != self.origin {
            let why = format!("it leads to {origin}, and others to {}", self.origin);
            return Err(Failure::Unsafe(why));
        }
        let mut request = self.http.get(url);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let answer = request.send().await.map_err(lost)?;
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(answer),
            StatusCode::NOT_FOUND => Err(Failure::Gone),
            status if status.is_redirection() => {
                Err(Failure::Unsafe(format!("the storage redirects it ({})", status.as_u16())))
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::RANGE_NOT_SATISFIABLE => {
                Err(Failure::Lost(reason(answer).await))
            }
            status if status.is_client_error() => Err(Failure::Refused(reason(answer).await)),
            _ => Err(Failure::Lost(reason(answer).await)),
        }
    }
}

/// Returns the failure of a request without an answer, or with one that was cut off.
pub(super) fn lost(error: reqwest::Error) -> Failure {
    Failure::Lost(why_lost(&error.without_url(), LONGEST_SILENCE))
}

/// Returns the URL of a link that may be followed.
fn followed(link: &str) -> Result<Url, Failure> {
    let url = Url::parse(link).map_err(|error| Failure::Unsafe(error.to_string()))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        scheme => {
            let host = url.host_str().unwrap_or_default();
            let why = format!("{scheme}://{host} would send it, and the file, in the clear");
            Err(Failure::Unsafe(why))
        }
    }
}

/// Returns the status of an error, with the storage's own code and message: `403 AccessDenied:
/// Request has expired`.
async fn reason(mut answer: Response) -> String {
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = answer.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() > LONGEST_ERROR {
            break;
        }
    }
    let body = String::from_utf8_lossy(&body);
    let said = [element(&body, "Code"), element(&body, "Message")];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(": ");
    if said.is_empty() { status.to_string() } else { format!("{status} {said}") }
}

/// Returns the text of the first element of this name.
fn element<'t>(xml: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_only_where_nobody_can_read_along() {
        for link in [
            "https://bucket.s3.eu-central-1.amazonaws.com/a?X-Amz-Signature=1",
            "http://127.0.0.1:4566/a",
            "http://bucket.localhost:4566/a",
        ] {
            assert!(Storage::new(link).is_ok(), "{link}");
        }
        for link in
            ["http://bucket.example/secret", "ftp://bucket/secret", "file:///etc/secret", "secret"]
        {
            let error = Storage::new(link).err().unwrap().to_string();
            assert!(error.starts_with("its link is not followed: "), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn links_that_lead_elsewhere_are_not_followed() {
        let storage = Storage::new("https://bucket.example/a").unwrap();
        let error = storage.get("https://other.example/secret", 0).await.unwrap_err();
        let expected = "it leads to https://other.example, and others to https://bucket.example";
        assert_eq!(error, Failure::Unsafe(expected.to_owned()));
    }
}
