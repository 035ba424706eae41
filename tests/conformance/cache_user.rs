//! The user of pgfold in `infra/cache.yaml`, on the local cloud's Valkey.

use std::time::Duration;

use pgfold_adapters::{ValkeyStore, config::ValkeyConfig};
use pgfold_api::MinDistanceRequest;
use pgfold_core::{
    ChunkIndex, Claim, Error, FailedAttempt, IdempotencyKey, JobPolicy, Reason, Result, Store,
};
use pgfold_tests::{CacheUser, PlannedJob, ValkeyNode, no_aws};
use redis::{Client, ErrorKind, ServerErrorKind, Value, cmd};

/// What the client sends as it connects, without which it works.
const NOT_REQUIRED: [&str; 2] = ["+ping", "+client|setinfo"];

/// What the client sends while slots move, which `valkey_cluster` tests.
const OF_MOVES: &str = "+asking";

/// A store that logs in as that user.
pub(super) async fn store() -> ValkeyStore {
    store_of(&CacheUser::create().await)
}

fn store_of(user: &CacheUser) -> ValkeyStore {
    ValkeyStore::new(&no_aws(), ValkeyConfig::new(&user.url(), true).unwrap())
}

#[tokio::test]
async fn can_do_what_pgfold_does_and_no_more() {
    let nodes = ValkeyNode::all().await;
    let slot = nodes[0].order("CLUSTER KEYSLOT {a}").await.unwrap();
    let node = nodes.iter().find(|node| node.serves(slot)).expect("a server of the slot");
    let client = Client::open(CacheUser::create().await.url_at(node)).unwrap();
    let mut user = client.get_multiplexed_async_connection().await.unwrap();
    let script = "return redis.call('DEL', KEYS[1])";
    for command in [
        &["FLUSHALL"][..],
        &["KEYS", "*"],
        &["SCAN", "0"],
        &["CONFIG", "GET", "*"],
        &["ACL", "LIST"],
        &["CLIENT", "LIST"],
        &["CLUSTER", "RESET"],
        &["READONLY"],
        &["DEL", "job:{a}"],
        &["GET", "session:{a}"],
        &["HSET", "jobber", "a", "b"],
        &["EVAL", script, "1", "job:{a}"],
        &["EVAL", "return redis.call('GET', KEYS[1])", "1", "session:{a}"],
        &["PUBLISH", "job:{a}", "b"],
    ] {
        let mut sent = cmd(command[0]);
        sent.arg(&command[1..]);
        let error = sent.exec_async(&mut user).await.expect_err(&format!("{command:?}"));
        let refused = error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm);
        // Of a script the server tells as text what was refused within.
        assert!(refused || error.to_string().contains("ACL"), "{command:?}: {error:?}");
    }
}

#[tokio::test]
async fn every_right_is_needed_and_its_lack_is_named() {
    for word in CacheUser::access().filter(|word| !["on", "-@all", OF_MOVES].contains(word)) {
        let user = CacheUser::without(word).await;
        let mut result = Ok(());
        // Once is not enough for the removal of what expired: other tests may be faster.
        for _ in 0..20 {
            result = do_everything(&store_of(&user)).await;
            if result.is_err() || NOT_REQUIRED.contains(&word) {
                break;
            }
        }
        if NOT_REQUIRED.contains(&word) {
            result.unwrap_or_else(|error| panic!("without {word}: {error:?}"));
            assert!(is_denied(&user).await, "{word} is not needed");
            continue;
        }
        let lacks = match word.strip_prefix('+') {
            Some(command) => format!("the command {command}"),
            None => "a key of pgfold: job:*, jobs:* or key:*".to_owned(),
        };
        let Err(Error::Misconfigured(said)) = result else { panic!("without {word}: {result:?}") };
        assert_eq!(said, format!("valkey denies the configured user {lacks}"), "without {word}");
    }
}

#[test]
fn the_page_for_a_server_of_ones_own_lists_its_rights() {
    let (_, page) =
        include_str!("../../docs/deploying.md").split_once("ACL SETUSER pgfold").unwrap();
    let (rights, _) = page.split_once("```").unwrap();
    let rights: Vec<&str> = rights.split_whitespace().filter(|word| *word != ">PASSWORD").collect();
    assert_eq!(rights, CacheUser::access().collect::<Vec<_>>());
}

/// Whether a server has denied the user something.
async fn is_denied(user: &CacheUser) -> bool {
    for node in ValkeyNode::all().await {
        let log: Value = node.order("ACL LOG").await.unwrap();
        if format!("{log:?}").contains(user.name()) {
            return true;
        }
    }
    false
}

/// Calls a store as all functions together do in the life of a job.
async fn do_everything(store: &ValkeyStore) -> Result<()> {
    // Its successors remove it from the list.
    let expired = JobPolicy { deadline: Duration::ZERO, ttl: Duration::ZERO };
    let expired = PlannedJob::with_policy(1, 9, 2, expired);
    store.create(&expired.job, &expired.plan).await?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    let sample = PlannedJob::new(2);
    let (job, id, chunk) = (&sample.job, sample.job.job_id, ChunkIndex(1));
    let claim = Claim {
        job_id: id,
        request: MinDistanceRequest::read(b"").unwrap().try_into().unwrap(),
        claimed_at: job.created_at,
        expires_at: job.expires_at,
    };
    store.claim(&IdempotencyKey::new(&id.to_string()).unwrap(), &claim).await?;
    store.create(job, &sample.plan).await?;
    store.mark_queued(id).await?;
    store.open(id, &job.plan, chunk).await?;
    store.attach(job, chunk).await?;
    store.mark_released(id, 7).await?;
    store.record(job, ChunkIndex(0), &sample.record(0, [0.0; 4])).await?;
    store.discard(job, ChunkIndex(0)).await?;
    let failed = FailedAttempt {
        chunk,
        attempt: 2,
        at: job.created_at,
        error: Reason::new("a test"),
        map_ms: 7,
        memory_mb: 1769,
    };
    store.note_failure(job, &failed).await?;
    store.fail_chunk(job, chunk, &Reason::new("a test")).await?;
    store.fail_job(id, &Reason::new("a test")).await?;
    store.reopen(job, job.deadline).await?;
    store.progress(id).await?;
    store.chunks(job).await?;
    store.list(None, 1).await?;
    store.cancel(id, job.created_at).await
}
