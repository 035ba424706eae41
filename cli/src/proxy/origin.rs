//! The check of who may send requests to the proxy.
//!
//! Every web page that the user opens can send requests to 127.0.0.1, and the proxy would add the
//! user's authorisation to them. So the proxy accepts only its own host name; otherwise a page
//! whose name resolves to this machine (DNS rebinding) could read the answers. And it accepts
//! requests of browsers only from its own pages, and links to these pages.

use http::{
    HeaderMap, HeaderName, Method, Uri,
    header::{HOST, ORIGIN},
    request::Parts,
    uri::Authority,
};
use thiserror::Error;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Why the proxy does not forward a request.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("the proxy answers only to 127.0.0.1 and localhost with its own port")]
    Misdirected,
    #[error("requests from pages other than the proxy's own are not forwarded")]
    CrossSite,
}

/// Checks that a request to the proxy on `port` may be forwarded.
pub(crate) fn check(head: &Parts, port: u16) -> Result<(), Refusal> {
    let host = own_host(&head.uri, &head.headers, port).ok_or(Refusal::Misdirected)?;
    let origin = head.headers.get(ORIGIN).map(|origin| origin.as_bytes());
    let same_origin = origin.is_none_or(|origin| origin == format!("http://{host}").as_bytes());
    let fetched = |name| head.headers.get(name).map_or(&b""[..], |value| value.as_bytes());
    let own = match fetched(SEC_FETCH_SITE) {
        // Programs other than browsers send no such header; "none" is the address bar.
        b"" | b"same-origin" | b"none" => true,
        // Only a link, not a frame or anything else that a page can do unseen.
        _ => {
            head.method == Method::GET
                && fetched(SEC_FETCH_MODE) == b"navigate"
                && fetched(SEC_FETCH_DEST) == b"document"
        }
    };
    if same_origin && own { Ok(()) } else { Err(Refusal::CrossSite) }
}

/// Returns the `Host` of a request; `None` unless it is a name of this machine with the proxy's
/// port.
fn own_host(uri: &Uri, headers: &HeaderMap, port: u16) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None, None) = (hosts.next(), hosts.next(), uri.authority()) else {
        return None;
    };
    let host = Authority::try_from(host.as_bytes()).ok()?;
    let own = matches!(host.host(), "127.0.0.1" | "localhost");
    (own && host.port_u16().unwrap_or(80) == port).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    use Refusal::{CrossSite, Misdirected};

    const PORT: u16 = 5555;
    const HOST: (&str, &str) = ("host", "127.0.0.1:5555");

    fn checked(method: &str, uri: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap().into_parts().0, PORT)
    }

    #[test]
    fn only_names_of_this_machine_with_the_proxys_port_are_accepted() {
        for host in ["127.0.0.1:5555", "localhost:5555"] {
            assert_eq!(checked("GET", "/dashboard", &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.0.0.1:5556",
            "localhost:80",
            "rebound.example.com:5555",
            "localhost.example.com:5555",
            "127.0.0.1.example.com:5555",
            "[::1]:5555",
            "0.0.0.0:5555",
            "a b:5555",
            "",
        ] {
            let refused = Err(Misdirected);
            assert_eq!(checked("GET", "/dashboard", &[("host", host)]), refused, "{host}");
        }
        assert_eq!(checked("GET", "/dashboard", &[]), Err(Misdirected));
        let two = [HOST, ("host", "rebound.example.com:5555")];
        assert_eq!(checked("GET", "/dashboard", &two), Err(Misdirected));
        let absolute = "http://rebound.example.com/dashboard";
        assert_eq!(checked("GET", absolute, &[HOST]), Err(Misdirected));
    }

    #[test]
    fn port_80_need_not_be_named() {
        let head = |host| http::Request::get("/").header("host", host).body(()).unwrap();
        assert_eq!(check(&head("localhost").into_parts().0, 80), Ok(()));
        assert_eq!(check(&head("localhost:80").into_parts().0, 80), Ok(()));
    }

    #[test]
    fn programs_and_the_proxys_pages_may_send_any_request() {
        for method in ["GET", "POST", "DELETE"] {
            assert_eq!(checked(method, "/tasks", &[HOST]), Ok(()));
            let own =
                [HOST, ("origin", "http://127.0.0.1:5555"), ("sec-fetch-site", "same-origin")];
            assert_eq!(checked(method, "/tasks", &own), Ok(()));
            let typed = [HOST, ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")];
            assert_eq!(checked(method, "/tasks", &typed), Ok(()));
        }
    }

    #[test]
    fn other_pages_may_send_no_request() {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE"] {
            for told in [
                ("origin", "https://example.com"),
                ("origin", "http://localhost:5555"),
                ("origin", "https://127.0.0.1:5555"),
                ("origin", "http://127.0.0.1:3000"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", "to be invented"),
            ] {
                let refused = Err(CrossSite);
                assert_eq!(checked(method, "/tasks", &[HOST, told]), refused, "{method} {told:?}");
            }
        }
    }

    #[test]
    fn other_pages_may_link_here_but_not_frame_or_post() {
        let from = |method, dest| {
            let told = [
                HOST,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", dest),
            ];
            checked(method, "/dashboard", &told)
        };
        assert_eq!(from("GET", "document"), Ok(()));
        assert_eq!(from("GET", "iframe"), Err(CrossSite));
        assert_eq!(from("POST", "document"), Err(CrossSite));
    }
}
