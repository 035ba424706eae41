//! Valkey over TLS, and with IAM tokens.

use std::{io, net::SocketAddr, sync::Arc};

use aws_config::SdkConfig;
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use pgfold_adapters::{
    ValkeyStore,
    config::{ValkeyAuth, ValkeyConfig},
    sdk_config,
};
use pgfold_core::{Error, Result, Store};
use pgfold_tests::{PlannedJob, local_cloud, no_aws};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::TcpStream,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use crate::tls::{
    authority::{Authority, Identity},
    front::Front,
};

fn server() -> SocketAddr {
    local_cloud("VALKEY_URL").strip_prefix("redis://").unwrap().parse().unwrap()
}

/// The cache behind a front.
fn behind(front: &Front, user: &str, cluster: bool) -> ValkeyConfig {
    let url = format!("rediss://{user}localhost:{}", front.port());
    ValkeyConfig::new(&url, cluster).unwrap()
}

/// Creates a job and reads it.
async fn keep_a_job(store: &ValkeyStore) -> Result<()> {
    let sample = PlannedJob::new(2);
    store.create(&sample.job, &sample.plan).await?;
    assert_eq!(store.progress(sample.job.job_id).await?.job, sample.job);
    Ok(())
}

#[tokio::test]
async fn jobs_are_kept_over_tls() {
    let authority = Authority::new();
    let front = Front::of_valkey(server(), &authority.issue("localhost")).await;
    let config = behind(&front, "", false).trust(authority.file());
    keep_a_job(&ValkeyStore::new(&no_aws(), config)).await.unwrap();
}

#[tokio::test]
async fn a_server_is_refused_that_is_not_the_one_meant() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let refused = async |identity: &Identity, trusted: Option<&Authority>, cluster| {
        let front = Front::of_valkey(server(), identity).await;
        let config = behind(&front, "", cluster);
        let config = match trusted {
            Some(authority) => config.trust(authority.file()),
            None => config,
        };
        match keep_a_job(&ValkeyStore::new(&no_aws(), config)).await {
            Err(Error::Misconfigured(problem)) => problem,
            other => panic!("{other:?}"),
        }
    };
    for (identity, problem) in [
        (stranger.issue("localhost"), "is not issued by a trusted authority"),
        (authority.issue("cache.example.com"), "is for another name"),
        (authority.issue_until("localhost", 2020), "has expired"),
    ] {
        let problem = format!("valkey's certificate {problem}");
        for cluster in [false, true] {
            assert_eq!(refused(&identity, Some(&authority), cluster).await, problem, "{cluster}");
        }
    }
    let problem = "valkey's certificate is not issued by a trusted authority";
    assert_eq!(refused(&authority.issue("localhost"), None, false).await, problem, "by default");
}

#[tokio::test]
async fn a_user_is_refused_whom_the_cache_does_not_know() {
    let authority = Authority::new();
    let front = Front::of_valkey(server(), &authority.issue("localhost")).await;
    for cluster in [false, true] {
        let config = behind(&front, "nobody:s3cret@", cluster).trust(authority.file());
        match keep_a_job(&ValkeyStore::new(&no_aws(), config)).await {
            Err(Error::Misconfigured(problem)) => {
                assert_eq!(problem, "valkey refuses the user and password", "{cluster}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A cache that lets everybody in and tells what they said. What it is then asked, the local
/// cloud's server answers.
async fn open_cache(identity: &Identity) -> (Front, mpsc::UnboundedReceiver<Vec<String>>) {
    let acceptor = TlsAcceptor::from(identity.server());
    let (sender, receiver) = mpsc::unbounded_channel();
    let sender = Arc::new(sender);
    let front = Front::new(move |client| {
        let (acceptor, sender) = (acceptor.clone(), Arc::clone(&sender));
        async move {
            let mut client = BufReader::new(acceptor.accept(client).await?);
            let said = command(&mut client).await?;
            drop(sender.send(said));
            client.write_all(b"+OK\r\n").await?;
            copy_bidirectional(&mut client, &mut TcpStream::connect(server()).await?).await?;
            Ok(())
        }
    })
    .await;
    (front, receiver)
}

/// Reads a command: an array of texts, in RESP.
async fn command(client: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Vec<String>> {
    let mut words = Vec::new();
    for _ in 0..number(client, '*').await? {
        let length = number(client, '$').await?;
        let mut word = vec![0; length + 2];
        client.read_exact(&mut word).await?;
        words.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    Ok(words)
}

async fn number(client: &mut (impl AsyncBufReadExt + Unpin), mark: char) -> io::Result<usize> {
    let mut line = String::new();
    client.read_line(&mut line).await?;
    Ok(line.strip_prefix(mark).unwrap().trim_end().parse().unwrap())
}

/// An AWS in which a function has a role.
async fn aws() -> SdkConfig {
    let credentials = Credentials::new("KEY", "s3cret", None, None, "a test");
    let provider = SharedCredentialsProvider::new(credentials);
    sdk_config().await.into_builder().credentials_provider(provider).build()
}

fn assert_is_token(said: &[String]) {
    let [auth, user, token] = said else { panic!("{said:?}") };
    assert_eq!((auth.as_str(), user.as_str()), ("AUTH", "pgfold"));
    let start = "pgfold-jobs/?Action=connect&ResourceType=ServerlessCache&User=pgfold&X-Amz-";
    assert!(token.starts_with(start), "{token}");
    assert!(token.contains("X-Amz-Credential=KEY%2F"), "{token}");
    assert!(token.contains("%2Felasticache%2Faws4_request"), "{token}");
    assert!(token.contains("X-Amz-Expires=900"), "{token}");
}

#[tokio::test]
async fn every_connection_logs_in_with_a_token() {
    let authority = Authority::new();
    let auth = ValkeyAuth::Iam { cache: "Pgfold-Jobs".to_owned(), is_serverless: true };
    for cluster in [false, true] {
        let (front, mut receiver) = open_cache(&authority.issue("localhost")).await;
        let config = behind(&front, "pgfold@", cluster).log_in(auth.clone()).unwrap();
        let store = ValkeyStore::new(&aws().await, config.trust(authority.file()));
        // A cluster's nodes name themselves, which leads round the front to where there is no TLS;
        // by then the first connection has been let in.
        let kept = keep_a_job(&store).await;
        assert!(kept.is_ok() || cluster, "{kept:?}");
        assert_is_token(&receiver.recv().await.unwrap());
        assert!(!format!("{store:?}").contains("X-Amz-"), "{store:?}");
    }
}
