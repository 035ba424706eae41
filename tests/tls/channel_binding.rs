//! Passwords that are proved to one server cannot be passed on to another.

use std::{io, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use pgfold_adapters::config::DatabaseAuth;
use pgfold_tests::{TestSchema, no_aws};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use crate::tls::{
    authority::Authority,
    front::{Front, begin_postgres},
    login_gate::{message, startup},
    source::{over_tls, points, run},
};

/// What a client says of SASL: how it wants to log in, and what it begins with.
type Said = (String, String, String);

// The local cloud's own database has no TLS, so it offers no channel binding; this server does, as
// far as the client has told what it binds to.
#[tokio::test]
async fn a_password_is_proved_for_the_certificate_that_was_shown() {
    let schema = TestSchema::new("CREATE TABLE points (id BIGINT PRIMARY KEY)").await;
    let authority = Authority::new();
    let identity = authority.issue("localhost");
    let acceptor = TlsAcceptor::from(identity.server());
    let (sender, mut receiver) = mpsc::unbounded_channel::<Said>();
    let sender = Arc::new(sender);
    let front = Front::new(move |client| {
        let (acceptor, sender) = (acceptor.clone(), Arc::clone(&sender));
        async move {
            let mut client = begin_postgres(client, &acceptor).await?;
            startup(&mut client).await?;
            say(&mut client, 10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0").await?;
            let (_, chosen) = message(&mut client).await?;
            let end = chosen.iter().position(|byte| *byte == 0).unwrap();
            let mechanism = String::from_utf8_lossy(&chosen[..end]).into_owned();
            let first = String::from_utf8_lossy(&chosen[end + 5..]).into_owned();
            let nonce = first.rsplit_once("r=").unwrap().1;
            let challenge = format!("r={nonce}server,s={},i=4096", STANDARD.encode("salt"));
            say(&mut client, 11, challenge.as_bytes()).await?;
            let (_, last) = message(&mut client).await?;
            let last = String::from_utf8_lossy(&last).into_owned();
            drop(sender.send((mechanism, first, last)));
            Ok(())
        }
    })
    .await;
    let config = over_tls(&schema, "localhost", front.port());
    let catalogue = points(config, DatabaseAuth::Password, Some(authority.file()), &no_aws());
    run(&catalogue).await.unwrap_err();

    let (mechanism, first, last) = receiver.recv().await.unwrap();
    assert_eq!(mechanism, "SCRAM-SHA-256-PLUS");
    let header = "p=tls-server-end-point,,";
    assert!(first.starts_with(header), "{first}");
    // RFC 5802: the header, and the hash of the certificate, which is signed with SHA-256.
    let bound = [header.as_bytes(), &Sha256::digest(&identity.certificate)].concat();
    assert!(last.starts_with(&format!("c={},", STANDARD.encode(bound))), "{last}");
}

/// Says something of authentication.
async fn say(client: &mut (impl AsyncWrite + Unpin), kind: u32, content: &[u8]) -> io::Result<()> {
    client.write_u8(b'R').await?;
    client.write_u32(content.len() as u32 + 8).await?;
    client.write_u32(kind).await?;
    client.write_all(content).await
}
