//! The HTTP client: a connection to the API, and the authorisation of requests.

use std::time::Duration;

use pgfold_api::Route;
use reqwest::{Method, Request, RequestBuilder, Response, Url, header::AUTHORIZATION};

use crate::{
    auth::Auth,
    connection,
    error::{Error, Result},
    shown_url::shown,
};

/// The longest wait for an answer: API Gateway gives up after 30 seconds.
pub(crate) const LONGEST_ANSWER: Duration = Duration::from_secs(35);

pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) auth: Auth,
}

impl Client {
    pub(crate) fn new(base: Url, auth: Auth) -> Result<Self> {
        let http = connection::client(connection::builder(&base), &base)?;
        Ok(Self { http, base, auth })
    }

    /// Returns the URL of a route below the base, which may end with a slash. `job_id` takes the
    /// place of the path's parameter.
    pub(crate) fn url(&self, route: Route, job_id: Option<&str>) -> Url {
        let parts = route.path().split('/').skip(1).map(|part| match job_id {
            Some(job_id) if part.starts_with('{') => job_id,
            _ => part,
        });
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Builds a request with its authorisation. Errors name the request `name`.
    pub(crate) async fn authorised(&self, request: RequestBuilder, name: &str) -> Result<Request> {
        let mut request = request
            .build()
            .map_err(|_| Error::Usage(format!("{name} cannot be sent: a wrong header or URL")))?;
        self.auth.add_to(&mut request).await?;
        Ok(request)
    }

    /// Sends a request that is `authorised`.
    pub(crate) async fn send(
        &self,
        mut request: Request,
        name: &str,
        timeout: Duration,
    ) -> Result<Response> {
        *request.timeout_mut() = Some(timeout);
        let authorisation = request.headers().get(AUTHORIZATION).cloned();
        let sent = self.http.execute(request).await;
        let answer = sent.map_err(|error| self.unanswered(&error, name, timeout))?;
        if let Some(authorisation) = authorisation {
            self.auth.answered(answer.status(), &authorisation).await;
        }
        Ok(answer)
    }

    /// Returns the error of a request whose answer did not arrive, or not completely.
    pub(crate) fn unanswered(
        &self,
        error: &reqwest::Error,
        name: &str,
        timeout: Duration,
    ) -> Error {
        Error::of_transport(error, name.to_owned(), &shown(&self.base), timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, route: Route, job_id: Option<&str>) -> String {
        Client::new(base.parse().unwrap(), Auth::None).unwrap().url(route, job_id).to_string()
    }

    #[test]
    fn routes_are_below_the_base() {
        for base in ["http://h:1/_aws/execute-api/x", "http://h:1/_aws/execute-api/x/"] {
            let expected = "http://h:1/_aws/execute-api/x/tasks/agg_7/retry";
            assert_eq!(url(base, Route::RetryJob, Some("agg_7")), expected);
        }
        assert_eq!(url("https://h", Route::Kernels, None), "https://h/kernels");
    }
}
