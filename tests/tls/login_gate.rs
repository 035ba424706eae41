//! The beginning of a conversation with a PostgreSQL, as the server has it.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use bytes::BytesMut;
use pgfold_tests::TestSchema;
use postgres_protocol::{
    authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256},
    message::frontend,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};
use tokio_postgres::Config;
use tokio_rustls::TlsAcceptor;

use crate::tls::{
    authority::Identity,
    front::{Front, begin_postgres},
    source::address,
};

/// What a client logged in with.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// A database that takes passwords in the clear, over TLS, as RDS takes IAM tokens. Whoever has the
/// right one talks to the local cloud's database.
pub(crate) struct LoginGate {
    front: Front,
    attempts: Arc<Mutex<Vec<Attempt>>>,
}

impl LoginGate {
    pub(crate) async fn new(
        schema: &TestSchema,
        identity: &Identity,
        is_right: impl Fn(&Attempt) -> bool + Send + Sync + Clone + 'static,
    ) -> Self {
        let acceptor = TlsAcceptor::from(identity.server());
        let attempts = Arc::new(Mutex::new(Vec::new()));
        let (seen, database) = (Arc::clone(&attempts), schema.database());
        let front = Front::new(move |client| {
            let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
            let (database, is_right) = (database.clone(), is_right.clone());
            async move {
                let mut client = begin_postgres(client, &acceptor).await?;
                let mut settings = startup(&mut client).await?;
                client.write_all(b"R\0\0\0\x08\0\0\0\x03").await?;
                let (tag, password) = message(&mut client).await?;
                assert_eq!(tag, b'p');
                let password = text(password.strip_suffix(b"\0").unwrap());
                let attempt = Attempt { user: settings["user"].clone(), password };
                seen.lock().unwrap().push(attempt.clone());
                if !is_right(&attempt) {
                    return refuse(&mut client).await;
                }
                settings.insert("user".to_owned(), database.get_user().unwrap().to_owned());
                let mut server = log_in(&database, &settings).await?;
                copy_bidirectional(&mut client, &mut server).await?;
                Ok(())
            }
        })
        .await;
        Self { front, attempts }
    }

    pub(crate) fn port(&self) -> u16 {
        self.front.port()
    }

    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().unwrap().clone()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Reads a client's first message: its settings.
pub(crate) async fn startup(
    client: &mut (impl AsyncRead + Unpin),
) -> io::Result<BTreeMap<String, String>> {
    let length = client.read_u32().await? as usize;
    let mut content = vec![0; length - 4];
    client.read_exact(&mut content).await?;
    let mut words = content[4..].split(|byte| *byte == 0).map(text);
    let mut settings = BTreeMap::new();
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        // The last one ends with nothing.
        if !name.is_empty() {
            settings.insert(name, value);
        }
    }
    Ok(settings)
}

/// Reads a message: its tag, and what it holds.
pub(crate) async fn message(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let tag = stream.read_u8().await?;
    let mut content = vec![0; stream.read_u32().await? as usize - 4];
    stream.read_exact(&mut content).await?;
    Ok((tag, content))
}

/// Says what RDS does of a token that is not right.
async fn refuse(client: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let fields = b"SFATAL\0VFATAL\0C28000\0MPAM authentication failed for user\0\0";
    client.write_u8(b'E').await?;
    client.write_u32(fields.len() as u32 + 4).await?;
    client.write_all(fields).await?;
    client.shutdown().await
}

/// Logs in to the local cloud's database by SCRAM, up to where it says that this succeeded.
async fn log_in(database: &Config, settings: &BTreeMap<String, String>) -> io::Result<TcpStream> {
    let mut server = TcpStream::connect(address(database)).await?;
    let mut out = BytesMut::new();
    let settings = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    frontend::startup_message(settings, &mut out)?;
    server.write_all(&out.split()).await?;
    message(&mut server).await?;
    let mut scram =
        ScramSha256::new(database.get_password().unwrap(), ChannelBinding::unsupported());
    frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), &mut out)?;
    server.write_all(&out.split()).await?;
    scram.update(&message(&mut server).await?.1[4..])?;
    frontend::sasl_response(scram.message(), &mut out)?;
    server.write_all(&out.split()).await?;
    scram.finish(&message(&mut server).await?.1[4..])?;
    Ok(server)
}
