//! What Valkey does to a store that others do not: keys end, are evicted, and the server is lost.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use pgfold_adapters::{ValkeyStore, config::ValkeyConfig};
use pgfold_core::{
    ChunkIndex, Error, Failure, FailureScope, Job, Recorded, Result, Store, Timestamp,
};
use pgfold_tests::{Gate, job, local_cloud, record};
use redis::{aio::MultiplexedConnection, cmd};

fn store(url: &str, cluster: bool) -> ValkeyStore {
    ValkeyStore::new(ValkeyConfig::new(url, cluster).unwrap())
}

fn failure() -> Failure {
    Failure { scope: FailureScope::Job, reason: "a test".to_owned() }
}

async fn put(store: &ValkeyStore, job: &Job, chunk: u16) -> Result<Recorded> {
    let record = record(job, chunk, [0.0; 4]);
    store.record(job.task_id, &job.plan_hash(), ChunkIndex(chunk), &record).await
}

/// The server of the local cloud, as an operator has it.
struct Server(MultiplexedConnection);

impl Server {
    async fn connect() -> Self {
        let client = redis::Client::open(local_cloud("VALKEY_URL")).unwrap();
        let connection = client.get_multiplexed_async_connection().await;
        Self(connection.expect("the Valkey of `make test`"))
    }

    async fn ask(&mut self, command: &str, job: &Job) -> i64 {
        let key = format!("job:{{{}}}", job.task_id);
        cmd(command).arg(key).query_async(&mut self.0).await.unwrap()
    }
}

/// A store that reaches its server through a gate.
async fn behind_a_gate(cluster: bool) -> (ValkeyStore, Gate) {
    let url = local_cloud("VALKEY_URL");
    let address: SocketAddr = url.strip_prefix("redis://").unwrap().parse().unwrap();
    let gate = Gate::to(address).await;
    (store(&format!("redis://{}", gate.address()), cluster), gate)
}

#[tokio::test]
async fn every_key_ends_with_its_job() {
    let store = store(&local_cloud("VALKEY_URL"), false);
    let mut server = Server::connect().await;
    let job = job(2);
    let check = async |server: &mut Server, after: &str| {
        let ends = server.ask("PEXPIRETIME", &job).await;
        assert_eq!(u64::try_from(ends), Ok(job.expires_at.as_millis()), "after {after}");
    };
    store.create(&job).await.unwrap();
    check(&mut server, "create").await;
    store.create(&job).await.unwrap();
    check(&mut server, "another create").await;
    put(&store, &job, 0).await.unwrap();
    check(&mut server, "a record").await;
    put(&store, &job, 0).await.unwrap();
    check(&mut server, "a duplicate").await;
    store.fail(job.task_id, &failure()).await.unwrap();
    check(&mut server, "a failure").await;
}

#[tokio::test]
async fn an_evicted_job_is_not_known_and_does_not_come_back() {
    let store = store(&local_cloud("VALKEY_URL"), false);
    let mut server = Server::connect().await;
    let job = job(2);
    store.create(&job).await.unwrap();
    put(&store, &job, 0).await.unwrap();
    assert_eq!(server.ask("DEL", &job).await, 1);

    for result in [
        put(&store, &job, 1).await.map(drop),
        store.fail(job.task_id, &failure()).await,
        store.load(job.task_id).await.map(drop),
    ] {
        assert!(matches!(result, Err(Error::NotFound(id)) if id == job.task_id), "{result:?}");
    }
    assert_eq!(server.ask("EXISTS", &job).await, 0);
}

#[tokio::test]
async fn a_job_whose_time_is_over_is_not_known() {
    let store = store(&local_cloud("VALKEY_URL"), false);
    let now = Timestamp::from(std::time::SystemTime::now());
    let job = Job { expires_at: now + Duration::from_millis(300), ..job(2) };
    store.create(&job).await.unwrap();
    assert_eq!(store.load(job.task_id).await.unwrap().job, job);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let gone = store.load(job.task_id).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
}

async fn is_unavailable(store: &ValkeyStore, job: &Job) {
    let started = Instant::now();
    let result = store.load(job.task_id).await;
    let elapsed = started.elapsed();
    let Err(error @ Error::Unavailable { .. }) = result else { panic!("{result:?}") };
    assert_eq!(error.to_string(), "valkey is unavailable");
    assert!(elapsed < Duration::from_secs(4), "{elapsed:?}: {}", error.with_causes());
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_until_it_is_back() {
    let (store, gate) = behind_a_gate(false).await;
    let job = job(2);

    gate.shut();
    is_unavailable(&store, &job).await;
    gate.fall_silent();
    is_unavailable(&store, &job).await;
    gate.open();
    store.create(&job).await.unwrap();

    // Connections that were open when the server was lost.
    gate.shut();
    is_unavailable(&store, &job).await;
    gate.open();
    assert_eq!(store.load(job.task_id).await.unwrap().job, job);
    gate.fall_silent();
    is_unavailable(&store, &job).await;
    gate.open();
    assert_eq!(store.load(job.task_id).await.unwrap().job, job);
}

#[tokio::test]
async fn a_lost_connection_is_opened_anew_within_the_call() {
    let (store, gate) = behind_a_gate(false).await;
    let job = job(2);
    store.create(&job).await.unwrap();
    assert_eq!(gate.accepted(), 1);
    gate.sever().await;
    store.load(job.task_id).await.unwrap();
    store.load(job.task_id).await.unwrap();
    assert_eq!(gate.accepted(), 2);
}

#[tokio::test]
async fn a_cluster_that_is_away_is_unavailable() {
    // Only until it is known: the nodes name themselves, which leads round the gate.
    let (store, gate) = behind_a_gate(true).await;
    let job = job(2);
    gate.shut();
    is_unavailable(&store, &job).await;
    gate.fall_silent();
    is_unavailable(&store, &job).await;
    gate.open();
    store.create(&job).await.unwrap();
}

#[tokio::test]
async fn without_tls_nothing_is_said_to_a_server_that_must_have_it() {
    let url = local_cloud("VALKEY_URL").replacen("redis://", "rediss://", 1);
    for cluster in [false, true] {
        is_unavailable(&store(&url, cluster), &job(2)).await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_matter_of_configuration() {
    let url = local_cloud("VALKEY_URL").replacen("redis://", "redis://pgfold:s3cret@", 1);
    let store = store(&url, false);
    let refused = store.load(job(2).task_id).await;
    assert!(matches!(refused, Err(Error::Misconfigured(_))), "{refused:?}");
    for shown in [format!("{store:?}"), format!("{refused:?}")] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
