//! Jobs in a cluster of Valkey whose slots move, whose servers fail, and which is full: three
//! primaries, each with a replica, which `make engines` starts.

mod failovers;
mod full;
mod slots;

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use pgfold_adapters::{ValkeyStore, config::ValkeyConfig};
use pgfold_core::{ChunkIndex, Error, Recorded, Result, Store};
use pgfold_tests::{CacheUser, PlannedJob, ValkeyNode, no_aws};
use tokio::{sync::Mutex, time::sleep};

/// A test has the cluster for itself, because it rearranges it.
static ALONE: Mutex<()> = Mutex::const_new(());

/// How long a cluster may take for what it does by itself.
const SOON: Duration = Duration::from_secs(30);

const CHUNKS: u16 = 500;

/// A store that may do what `infra/cache.yaml` allows.
async fn store() -> ValkeyStore {
    store_of(&CacheUser::create().await)
}

fn store_of(user: &CacheUser) -> ValkeyStore {
    ValkeyStore::new(&no_aws(), ValkeyConfig::new(&user.url(), true).unwrap())
}

fn key(sample: &PlannedJob) -> String {
    format!("job:{{{}}}", sample.job.job_id)
}

async fn slot_of(key: &str) -> u16 {
    let nodes = ValkeyNode::all().await;
    let node = nodes.iter().find(|node| node.is_up).expect("a server");
    node.order(&format!("CLUSTER KEYSLOT {key}")).await.unwrap()
}

/// The server of a slot, and another primary.
async fn owner_and_another(slot: u16) -> (ValkeyNode, ValkeyNode) {
    let (owners, others): (Vec<_>, Vec<_>) = ValkeyNode::all()
        .await
        .into_iter()
        .filter(|node| node.is_up && node.primary.is_none())
        .partition(|node| node.serves(slot));
    (owners[0].clone(), others[0].clone())
}

async fn put(store: &ValkeyStore, sample: &PlannedJob, chunk: u16) -> Result<Recorded> {
    let record = sample.record(chunk, [0.0; 4]);
    store.record(&sample.job, ChunkIndex(chunk), &record).await
}

/// Records chunks one after the other, each again until the store takes it, as a redelivery does.
/// Returns what was said meanwhile.
async fn record(store: &ValkeyStore, sample: &PlannedJob, chunks: Range<u16>) -> Vec<String> {
    let mut refused = Vec::new();
    for chunk in chunks {
        let started = Instant::now();
        loop {
            match put(store, sample, chunk).await {
                Ok(_) => break,
                Err(error @ Error::Unavailable { .. }) => refused.push(error.with_causes()),
                Err(error) => panic!("chunk {chunk}: {error:?}"),
            }
            assert!(started.elapsed() < SOON, "chunk {chunk}: {refused:?}");
            sleep(Duration::from_millis(50)).await;
        }
        sleep(Duration::from_millis(1)).await;
    }
    refused
}

/// Asserts that the job has all of its records, each counted once.
async fn is_complete(store: &ValkeyStore, sample: &PlannedJob) {
    let progress = store.progress(sample.job.job_id).await.unwrap();
    assert_eq!(progress.done, sample.job.chunks);
    let chunks = store.chunks(&sample.job).await.unwrap();
    assert_eq!(chunks.records.len(), usize::from(sample.job.chunks));
    assert_eq!(progress.tally.chunks, u64::from(sample.job.chunks));
}

/// Waits until the condition holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < SOON, "{what} does not happen");
        sleep(Duration::from_millis(20)).await;
    }
}
