use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::tls::authority::Identity;

/// `SSLRequest`.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A port of 127.0.0.1 at which TLS is spoken for a server that does not.
pub(crate) struct Front {
    address: SocketAddr,
}

impl Front {
    /// In front of a PostgreSQL: TLS begins when the client has asked for it, or at once, as from
    /// PostgreSQL 17 on, if it says which protocol it is for.
    pub(crate) async fn of_postgres(target: SocketAddr, identity: &Identity) -> Self {
        let acceptor = TlsAcceptor::from(identity.server());
        Self::new(move |client| {
            let acceptor = acceptor.clone();
            async move { pass(&mut begin_postgres(client, &acceptor).await?, target).await }
        })
        .await
    }

    /// In front of a Valkey, where TLS begins at once.
    pub(crate) async fn of_valkey(target: SocketAddr, identity: &Identity) -> Self {
        let acceptor = TlsAcceptor::from(identity.server());
        Self::new(move |client| {
            let acceptor = acceptor.clone();
            async move { pass(&mut acceptor.accept(client).await?, target).await }
        })
        .await
    }

    /// In front of nobody: it takes every connection and never says a word.
    pub(crate) async fn silent() -> Self {
        Self::new(|client| async move {
            let _client = client;
            std::future::pending().await
        })
        .await
    }

    /// Serves every client like this, until it ends or fails.
    pub(crate) async fn new<S, F>(serve: S) -> Self
    where
        S: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<()>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = Arc::new(serve);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let serve = Arc::clone(&serve);
                // What fails is the client's to tell.
                tokio::spawn(async move { drop(serve(client).await) });
            }
        });
        Self { address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

/// Speaks TLS with a client of PostgreSQL, as the server.
pub(crate) async fn begin_postgres(
    mut client: TcpStream,
    acceptor: &TlsAcceptor,
) -> io::Result<TlsStream<TcpStream>> {
    const HANDSHAKE: u8 = 0x16;

    let mut first = [0];
    client.peek(&mut first).await?;
    let is_direct = first == [HANDSHAKE];
    if !is_direct {
        let mut request = [0; REQUEST.len()];
        client.read_exact(&mut request).await?;
        assert_eq!(request, REQUEST, "nothing is said before TLS");
        client.write_all(b"S").await?;
    }
    let client = acceptor.accept(client).await?;
    if is_direct && client.get_ref().1.alpn_protocol() != Some(b"postgresql") {
        return Err(io::Error::other("TLS for no protocol in particular"));
    }
    Ok(client)
}

async fn pass(client: &mut TlsStream<TcpStream>, target: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    copy_bidirectional(client, &mut server).await?;
    Ok(())
}
