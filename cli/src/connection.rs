//! Connections to a server: how its certificate is checked, and which way its requests go.

use reqwest::{Client, ClientBuilder, Url, redirect::Policy};

use crate::{
    error::{Error, Result, root_cause},
    loopback::{ADDRESSES, is_loopback},
    shown_url::shown,
};

/// Returns a client of the server of `url` to complete.
pub(crate) fn builder(url: &Url) -> ClientBuilder {
    let mut builder = Client::builder()
        .user_agent(concat!("pgfold/", env!("CARGO_PKG_VERSION")))
        // Neither the API nor a link to a file sends redirects; following one would turn a POST into
        // a GET, or take a link's secret elsewhere.
        .redirect(Policy::none());
    if url.scheme() == "http" {
        // Reading the system's certificates takes longer than a request, and there may be none.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(url) {
        // Plain HTTP is safe only on this machine, so the client uses neither the proxy of
        // HTTP_PROXY nor the DNS for names below localhost.
        builder = builder.no_proxy();
        if let Some(name) = url.domain() {
            builder = builder.resolve_to_addrs(name, &ADDRESSES);
        }
    }
    builder
}

/// Completes a client of the server of `url`.
///
/// # Errors
/// [`Error::Unreachable`] if the system's certificates cannot be read.
pub(crate) fn client(builder: ClientBuilder, url: &Url) -> Result<Client> {
    builder.build().map_err(|error| Error::Unreachable {
        url: shown(url).to_string(),
        why: root_cause(&error),
        hint: "",
    })
}
