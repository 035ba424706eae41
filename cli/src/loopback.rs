//! The loopback addresses and names in URLs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

/// The addresses of the loopback names, whatever the DNS returns. The port comes from the URL.
pub(crate) const ADDRESSES: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
];

/// Returns whether requests to `url` stay on this machine, provided that names resolve to
/// [`ADDRESSES`] and no proxy is used.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse();
        address.map_or(host == "localhost" || host.ends_with(".localhost"), loopback)
    })
}

fn loopback(address: IpAddr) -> bool {
    address.is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_only_look_like_loopback_are_not() {
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.8.8.8:80", true),
            ("[::1]:80", true),
            ("localhost:80", true),
            ("api.localhost", true),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
        ] {
            let url = format!("http://{host}/").parse().unwrap();
            assert_eq!(is_loopback(&url), expected, "{host}");
        }
    }
}
