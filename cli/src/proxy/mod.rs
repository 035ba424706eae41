//! A server on this machine that forwards requests to the API with the user's authorisation: a
//! browser has neither AWS credentials nor a token.
//!
//! - `origin`: who may ask, which is nobody but programs of this machine and pages of its own.
//! - `forward`: an exchange with the API; `headers`: those that go along.

mod forward;
mod headers;
mod origin;

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, time::sleep};

use crate::client::Client;

use self::forward::Proxy;

/// The pause until file descriptors may be free again.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves requests for ever. `listener` listens on `port`.
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
        // A client that hangs up midway needs no error.
        tokio::spawn(async move { connection.await.ok() });
    }
}
