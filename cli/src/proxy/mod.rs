//! A server on this machine that forwards requests to the API with the user's authorisation,
//! because a browser has neither AWS credentials nor a token.
//!
//! - `origin`: the check that a request is from a program of this machine or a page of the proxy.
//! - `forward`: forwarding a request; `headers`: the headers that are forwarded.

mod forward;
mod headers;
mod origin;

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, time::sleep};

use crate::client::Client;

use self::forward::Proxy;

/// The pause after an error of accepting a connection, until file descriptors may be free again.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves requests and does not return. `listener` listens on `port`.
pub(crate) async fn serve(listener: TcpListener, port: u16, upstream: Client) {
    let proxy = Arc::new(Proxy::new(upstream, port));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let proxy = Arc::clone(&proxy);
        let service = service_fn(move |request| {
            let proxy = Arc::clone(&proxy);
            async move { Ok::<_, Infallible>(proxy.answer(request).await) }
        });
        let mut server = http1::Builder::new();
        let connection =
            server.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        // A client that closes the connection early is not an error.
        tokio::spawn(async move { connection.await.ok() });
    }
}
