//! What Valkey does to a store that others do not: keys end, are evicted, and the server is lost.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pgfold_adapters::{ValkeyStore, config::ValkeyConfig};
use pgfold_api::MinDistanceRequest;
use pgfold_core::{
    ChunkIndex, Claim, Error, FailedAttempt, IdempotencyKey, JobPolicy, Reason, Recorded, Result,
    Stage, Store,
};
use pgfold_tests::{Gate, PlannedJob, local_cloud, no_aws};
use redis::{
    aio::MultiplexedConnection, cluster::ClusterClient, cluster_async::ClusterConnection, cmd,
};

fn store(url: &str, cluster: bool) -> ValkeyStore {
    ValkeyStore::new(&no_aws(), ValkeyConfig::new(url, cluster).unwrap())
}

async fn put(store: &ValkeyStore, sample: &PlannedJob, chunk: u16) -> Result<Recorded> {
    let record = sample.record(chunk, [0.0; 4]);
    store.record(&sample.job, ChunkIndex(chunk), &record).await
}

async fn created(store: &ValkeyStore) -> PlannedJob {
    let sample = PlannedJob::new(2);
    store.create(&sample.job, &sample.plan).await.unwrap();
    sample
}

fn failed_attempt(sample: &PlannedJob) -> FailedAttempt {
    FailedAttempt {
        chunk: ChunkIndex(1),
        attempt: 2,
        at: sample.job.created_at,
        error: Reason::new("a test"),
        map_ms: 7,
        memory_mb: 1769,
    }
}

/// The local cloud's Valkey, as an operator has it.
struct Server(ClusterConnection);

impl Server {
    async fn connect() -> Self {
        let client = ClusterClient::new([local_cloud("VALKEY_URL")]).unwrap();
        let connection = client.get_async_connection().await;
        Self(connection.expect("the Valkey of `make test`"))
    }

    async fn ask(&mut self, command: &str, sample: &PlannedJob) -> i64 {
        self.ask_of(command, &format!("job:{{{}}}", sample.job.job_id)).await
    }

    async fn ask_of(&mut self, command: &str, key: &str) -> i64 {
        cmd(command).arg(key).query_async(&mut self.0).await.unwrap()
    }
}

/// A store that reaches its server through a gate.
async fn behind_a_gate(url: &str, cluster: bool) -> (ValkeyStore, Gate) {
    let address: SocketAddr = url.strip_prefix("redis://").unwrap().parse().unwrap();
    let gate = Gate::to(address).await;
    (store(&format!("redis://{}", gate.address()), cluster), gate)
}

#[tokio::test]
async fn every_key_ends_with_its_job() {
    let store = store(&local_cloud("VALKEY_URL"), true);
    let mut server = Server::connect().await;
    let sample = created(&store).await;
    let job = &sample.job;
    let check = async |server: &mut Server, after: &str| {
        let ends = server.ask("PEXPIRETIME", &sample).await;
        assert_eq!(u64::try_from(ends), Ok(job.expires_at.as_millis()), "after {after}");
    };
    check(&mut server, "create").await;
    store.create(job, &sample.plan).await.unwrap();
    check(&mut server, "another create").await;
    put(&store, &sample, 0).await.unwrap();
    check(&mut server, "a record").await;
    put(&store, &sample, 0).await.unwrap();
    check(&mut server, "a duplicate").await;
    store.discard(job, ChunkIndex(0)).await.unwrap();
    check(&mut server, "what was discarded").await;
    store.attach(job, ChunkIndex(1)).await.unwrap();
    check(&mut server, "an attachment").await;
    store.mark_released(job.job_id, 7).await.unwrap();
    check(&mut server, "a release").await;
    store.note_failure(job, &failed_attempt(&sample)).await.unwrap();
    check(&mut server, "an attempt that failed").await;
    store.fail_chunk(job, ChunkIndex(1), &Reason::new("a test")).await.unwrap();
    check(&mut server, "a chunk's failure").await;
    store.fail_job(job.job_id, &Reason::new("a test")).await.unwrap();
    check(&mut server, "a failure").await;
    store.reopen(job, job.deadline).await.unwrap();
    check(&mut server, "another start").await;
    store.mark_queued(job.job_id).await.unwrap();
    check(&mut server, "a mark").await;
    store.cancel(job.job_id, job.created_at).await.unwrap();
    check(&mut server, "a cancellation").await;

    let key = IdempotencyKey::new(&job.job_id.to_string()).unwrap();
    let claim = Claim {
        job_id: job.job_id,
        request: MinDistanceRequest::read(b"").unwrap().try_into().unwrap(),
        claimed_at: job.created_at,
        expires_at: job.expires_at,
    };
    for _ in 0..2 {
        store.claim(&key, &claim).await.unwrap();
        let ends = server.ask_of("PEXPIRETIME", &format!("key:{{{key}}}")).await;
        assert_eq!(u64::try_from(ends), Ok(job.expires_at.as_millis()));
    }
}

#[tokio::test]
async fn an_evicted_job_is_not_known_and_does_not_come_back() {
    let store = store(&local_cloud("VALKEY_URL"), true);
    let mut server = Server::connect().await;
    let sample = created(&store).await;
    let (job, id) = (&sample.job, sample.job.job_id);
    put(&store, &sample, 0).await.unwrap();
    assert_eq!(server.ask("DEL", &sample).await, 1);

    for result in [
        put(&store, &sample, 1).await.map(drop),
        store.open(id, &job.plan, ChunkIndex(1)).await.map(drop),
        store.attach(job, ChunkIndex(1)).await,
        store.mark_released(id, 7).await,
        store.discard(job, ChunkIndex(1)).await,
        store.note_failure(job, &failed_attempt(&sample)).await,
        store.fail_chunk(job, ChunkIndex(1), &Reason::new("a test")).await.map(drop),
        store.fail_job(id, &Reason::new("a test")).await,
        store.reopen(job, job.deadline).await,
        store.mark_queued(id).await,
        store.cancel(id, job.created_at).await,
        store.progress(id).await.map(drop),
        store.chunks(job).await.map(drop),
    ] {
        assert!(matches!(result, Err(Error::NotFound(unknown)) if unknown == id), "{result:?}");
    }
    assert_eq!(server.ask("EXISTS", &sample).await, 0);
}

#[tokio::test]
async fn a_job_whose_time_is_over_is_not_known() {
    let store = store(&local_cloud("VALKEY_URL"), true);
    let policy = JobPolicy { deadline: Duration::ZERO, ttl: Duration::from_millis(300) };
    let sample = PlannedJob::with_policy(1, 9, 2, policy);
    store.create(&sample.job, &sample.plan).await.unwrap();
    assert_eq!(store.progress(sample.job.job_id).await.unwrap().job, sample.job);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let gone = store.progress(sample.job.job_id).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
}

async fn is_unavailable(store: &ValkeyStore, sample: &PlannedJob) {
    let started = Instant::now();
    let result = store.progress(sample.job.job_id).await;
    let elapsed = started.elapsed();
    let Err(error @ Error::Unavailable { .. }) = result else { panic!("{result:?}") };
    assert_eq!(error.to_string(), "valkey is unavailable");
    assert!(elapsed < Duration::from_secs(4), "{elapsed:?}: {}", error.with_causes());
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_until_it_is_back() {
    let server = OwnServer::start().await;
    let (store, gate) = behind_a_gate(&server.url, false).await;
    let sample = PlannedJob::new(2);

    gate.shut();
    is_unavailable(&store, &sample).await;
    gate.fall_silent();
    is_unavailable(&store, &sample).await;
    gate.open();
    store.create(&sample.job, &sample.plan).await.unwrap();

    // Connections that were open when the server was lost.
    gate.shut();
    is_unavailable(&store, &sample).await;
    gate.open();
    assert_eq!(store.progress(sample.job.job_id).await.unwrap().job, sample.job);
    gate.fall_silent();
    is_unavailable(&store, &sample).await;
    gate.open();
    assert_eq!(store.progress(sample.job.job_id).await.unwrap().job, sample.job);
}

#[tokio::test]
async fn a_lost_connection_is_opened_anew_within_the_call() {
    let server = OwnServer::start().await;
    let (store, gate) = behind_a_gate(&server.url, false).await;
    let sample = PlannedJob::new(2);
    store.create(&sample.job, &sample.plan).await.unwrap();
    assert_eq!(gate.accepted(), 1);
    gate.sever().await;
    store.progress(sample.job.job_id).await.unwrap();
    store.progress(sample.job.job_id).await.unwrap();
    assert_eq!(gate.accepted(), 2);
}

#[tokio::test]
async fn a_cluster_that_is_away_is_unavailable() {
    // Only until it is known: the nodes name themselves, which leads round the gate.
    let (store, gate) = behind_a_gate(&local_cloud("VALKEY_URL"), true).await;
    let sample = PlannedJob::new(2);
    gate.shut();
    is_unavailable(&store, &sample).await;
    gate.fall_silent();
    is_unavailable(&store, &sample).await;
    gate.open();
    store.create(&sample.job, &sample.plan).await.unwrap();
}

#[tokio::test]
async fn without_tls_nothing_is_said_to_a_server_that_must_have_it() {
    let url = local_cloud("VALKEY_URL").replacen("redis://", "rediss://", 1);
    for cluster in [false, true] {
        is_unavailable(&store(&url, cluster), &PlannedJob::new(2)).await;
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_matter_of_configuration() {
    let url = local_cloud("VALKEY_URL").replacen("redis://", "redis://pgfold:s3cret@", 1);
    let store = store(&url, false);
    let refused = store.progress(PlannedJob::new(2).job.job_id).await;
    assert!(matches!(refused, Err(Error::Misconfigured(_))), "{refused:?}");
    for shown in [format!("{store:?}"), format!("{refused:?}")] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

/// A server of a test's own, which is set so that it refuses things.
struct OwnServer {
    process: Child,
    url: String,
}

impl OwnServer {
    /// Starts the program that the local cloud's server runs.
    async fn start() -> Self {
        let info = redis::Client::open(local_cloud("VALKEY_URL")).unwrap();
        let mut info = info.get_multiplexed_async_connection().await.unwrap();
        let info: String = cmd("INFO").arg("server").query_async(&mut info).await.unwrap();
        let program = info.lines().find_map(|line| line.strip_prefix("executable:")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""])
            .args(["--maxmemory-policy", "noeviction"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, url: format!("redis://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.connect().await.is_err() {
            assert!(Instant::now() < deadline, "{program} does not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        redis::Client::open(self.url.as_str())?.get_multiplexed_async_connection().await
    }

    async fn order(&self, order: &str) {
        let mut words = order.split(' ');
        let mut command = cmd(words.next().unwrap());
        words.for_each(|word| {
            command.arg(word);
        });
        let mut connection = self.connect().await.unwrap();
        command.query_async::<()>(&mut connection).await.unwrap();
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_server_that_takes_no_writes_says_why_until_it_does() {
    let server = OwnServer::start().await;
    let store = store(&server.url, false);
    for (order, reason, end) in [
        ("CONFIG SET maxmemory 1", "it is out of memory (maxmemory)", "CONFIG SET maxmemory 0"),
        (
            "CONFIG SET min-replicas-to-write 1",
            "so few replicas (min-replicas-to-write)",
            "CONFIG SET min-replicas-to-write 0",
        ),
        ("REPLICAOF 127.0.0.1 9", "it is a replica, which takes no writes", "REPLICAOF NO ONE"),
    ] {
        let sample = created(&store).await;
        put(&store, &sample, 0).await.unwrap();
        server.order(order).await;
        let another = PlannedJob::new(2);
        for refused in [
            store.create(&another.job, &another.plan).await,
            put(&store, &sample, 1).await.map(drop),
            store.note_failure(&sample.job, &failed_attempt(&sample)).await,
            store.fail_chunk(&sample.job, ChunkIndex(1), &Reason::new("a test")).await.map(drop),
        ] {
            let Err(error @ Error::Unavailable { .. }) = refused else { panic!("{refused:?}") };
            let error = error.to_string();
            assert!(error.starts_with("valkey is unavailable: "), "{error}");
            assert!(error.contains(reason), "{error} does not say {reason}");
        }
        // What is there can be read.
        assert_eq!(store.progress(sample.job.job_id).await.unwrap().done, 1);
        server.order(end).await;
        assert!(put(&store, &sample, 1).await.unwrap().stage == Stage::Done);
    }
}

#[tokio::test]
async fn a_server_that_is_not_a_cluster_says_so() {
    let server = OwnServer::start().await;
    let refused = store(&server.url, true).progress(PlannedJob::new(2).job.job_id).await;
    let Err(Error::Misconfigured(said)) = refused else { panic!("{refused:?}") };
    assert_eq!(said, "valkey is not a cluster, and VALKEY_CLUSTER is true");
}

#[tokio::test]
async fn a_replica_that_lost_its_primary_says_so() {
    let server = OwnServer::start().await;
    let store = store(&server.url, false);
    let sample = created(&store).await;
    server.order("CONFIG SET replica-serve-stale-data no").await;
    server.order("REPLICAOF 127.0.0.1 9").await;
    let unread = store.progress(sample.job.job_id).await.unwrap_err().to_string();
    assert!(unread.contains("its primary is down"), "{unread}");
}
