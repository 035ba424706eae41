//! The headers that are forwarded to the API and back.

use http::{
    HeaderMap, HeaderName,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, ORIGIN, REFERER, TE,
        TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};

/// Headers about one connection, which are not forwarded, as are those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authorization"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers that the proxy sets itself, or that are about the requesting page and this machine.
/// Cookies are among them because the browser sends them to every port.
const WITHHELD: [HeaderName; 7] =
    [AUTHORIZATION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, ORIGIN, REFERER];

/// Returns the headers of a request for the API.
pub(super) fn forwarded(headers: HeaderMap) -> HeaderMap {
    let about_the_page = |name: &HeaderName| name.as_str().starts_with("sec-");
    // AWS refuses x-amz headers that are not signed.
    let of_aws = |name: &HeaderName| name.as_str().starts_with("x-amz-");
    end_to_end(headers, |name| !WITHHELD.contains(name) && !about_the_page(name) && !of_aws(name))
}

/// Returns the headers of an answer for the browser, without those of CORS. Sites that the API
/// allows must not use the proxy.
pub(super) fn answered(headers: HeaderMap) -> HeaderMap {
    end_to_end(headers, |name| !name.as_str().starts_with("access-control-"))
}

/// Returns the headers that `keep` accepts, without those about a connection.
fn end_to_end(mut headers: HeaderMap, keep: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let named = headers.get_all(CONNECTION).iter().filter_map(|names| names.to_str().ok());
    let named: Vec<_> = named
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .filter_map(|name| name.parse::<HeaderName>().ok())
        .collect();
    let dropped: Vec<_> = headers
        .keys()
        .filter(|name| HOP_BY_HOP.contains(name) || named.contains(name) || !keep(name))
        .cloned()
        .collect();
    for name in dropped {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    use http::HeaderValue;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn headers_of_the_connection_and_the_browser_are_not_forwarded() {
        let sent = headers(&[
            ("accept", "*/*"),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("prefer", "wait=20"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("host", "127.0.0.1:5555"),
            ("content-length", "3"),
            ("authorization", "Bearer of-the-page"),
            ("cookie", "of=another port"),
            ("origin", "http://127.0.0.1:5555"),
            ("referer", "http://127.0.0.1:5555/dashboard"),
            ("sec-fetch-site", "same-origin"),
            ("x-amz-security-token", "of-the-page"),
        ]);
        let expected = headers(&[
            ("accept", "*/*"),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
            ("prefer", "wait=20"),
        ]);
        assert_eq!(forwarded(sent), expected);
    }

    #[test]
    fn no_answer_allows_other_sites() {
        let answer = headers(&[
            ("content-type", "application/json"),
            ("connection", "close"),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "*"),
        ]);
        assert_eq!(answered(answer), headers(&[("content-type", "application/json")]));
    }
}
