//! The transport of a connection to a database.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio_postgres::{
    Config,
    config::{SslMode, SslNegotiation},
    tls::{ChannelBinding, TlsConnect, TlsStream},
};
use tokio_rustls::client;

use crate::postgres::connect::{channel_binding, shared_stream::SharedStream, socket::Socket};

/// A socket, or TLS over it.
#[derive(Debug)]
pub(in crate::postgres) enum Transport {
    Plain(Socket),
    Tls(Box<client::TlsStream<BufReader<Socket>>>),
}

impl Transport {
    /// See [`Socket::set_bulk_read`].
    pub(in crate::postgres) fn set_bulk_read(&mut self, bulk: bool) {
        match self {
            Self::Plain(socket) => socket.set_bulk_read(bulk),
            Self::Tls(stream) => stream.get_mut().0.get_mut().set_bulk_read(bulk),
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl TlsStream for Transport {
    fn channel_binding(&self) -> ChannelBinding {
        let Self::Tls(stream) = self else { return ChannelBinding::none() };
        let certificates = stream.get_ref().1.peer_certificates();
        certificates
            .and_then(|chain| channel_binding::tls_server_end_point(chain.first()?))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// A connector that makes tokio-postgres use a stream as it is. If tokio-postgres itself used TLS,
/// it would do so above the lent stream, and a borrower of the stream could not read rows.
pub(in crate::postgres) struct AsItIs;

impl AsItIs {
    /// Configures connections of `config` to use this connector, whatever the server supports.
    pub(in crate::postgres) fn configure(config: &mut Config) {
        config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    }
}

impl<S: TlsStream + Unpin> TlsConnect<SharedStream<S>> for AsItIs {
    type Stream = SharedStream<S>;
    type Error = Infallible;
    type Future = Ready<Result<SharedStream<S>, Infallible>>;

    fn connect(self, stream: SharedStream<S>) -> Self::Future {
        ready(Ok(stream))
    }
}
