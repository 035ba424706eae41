//! Primaries whose replicas take their place.

use std::process::Command;

use futures_util::future::join;
use pgfold_core::Store;
use pgfold_tests::{PlannedJob, ValkeyNode, local_cloud};

use super::*;

/// The replica of a server.
async fn replica_of(primary: &ValkeyNode) -> Option<ValkeyNode> {
    let nodes = ValkeyNode::all().await;
    nodes.into_iter().find(|node| node.is_up && node.primary.as_ref() == Some(&primary.id))
}

/// A server that has a replica, and is not the one that clients come to first.
async fn replaceable() -> (ValkeyNode, ValkeyNode) {
    let first = local_cloud("VALKEY_URL");
    for node in ValkeyNode::all().await {
        let is_primary = node.is_up && node.primary.is_none() && !first.ends_with(&node.address);
        if let Some(replica) = replica_of(&node).await
            && is_primary
        {
            return (node, replica);
        }
    }
    panic!("no primary has a replica");
}

/// A new job in a slot that the server serves, or in one that it does not serve.
async fn job_at(node: &ValkeyNode, serves: bool) -> PlannedJob {
    loop {
        let sample = PlannedJob::new(CHUNKS.into());
        if node.serves(slot_of(&key(&sample)).await) == serves {
            store().await.create(&sample.job, &sample.plan).await.unwrap();
            return sample;
        }
    }
}

async fn is_primary(replica: &ValkeyNode) -> bool {
    ValkeyNode::all().await.iter().any(|node| node.id == replica.id && node.primary.is_none())
}

/// Waits until the replica has all that its primary has.
async fn is_replicated(primary: &ValkeyNode, replica: &ValkeyNode) {
    until("replication", async || {
        let sent = primary.info("master_repl_offset").await;
        sent.is_some() && sent == replica.info("slave_repl_offset").await
    })
    .await;
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([name, process]).status().unwrap().success());
}

#[tokio::test]
async fn a_failover_by_hand_loses_nothing() {
    let _alone = ALONE.lock().await;
    let (primary, replica) = replaceable().await;
    let (store, sample) = (store().await, job_at(&primary, true).await);
    let failover = async {
        sleep(Duration::from_millis(100)).await;
        let done: String = replica.order("CLUSTER FAILOVER").await.unwrap();
        assert_eq!(done, "OK");
        until("the failover", async || is_primary(&replica).await).await;
    };
    let (refused, ()) = join(record(&store, &sample, 0..CHUNKS), failover).await;
    assert_eq!(refused, [""; 0]);
    is_complete(&store, &sample).await;
}

/// What happens to jobs of a server that stops with this signal, until its replica is in its place.
async fn jobs_go_on_after(stop: &str) -> (ValkeyNode, String) {
    let (primary, replica) = replaceable().await;
    let store = store().await;
    let (its, other) = (job_at(&primary, true).await, job_at(&primary, false).await);
    assert_eq!(record(&store, &its, 0..CHUNKS - 1).await, [""; 0]);
    is_replicated(&primary, &replica).await;
    let process = primary.info("process_id").await.unwrap();
    signal(stop, &process);
    join(record(&store, &its, CHUNKS - 1..CHUNKS), record(&store, &other, 0..CHUNKS)).await;
    assert!(is_primary(&replica).await);
    is_complete(&store, &its).await;
    is_complete(&store, &other).await;
    (primary, process)
}

#[tokio::test]
async fn the_replica_of_a_primary_that_dies_has_its_jobs() {
    let _alone = ALONE.lock().await;
    jobs_go_on_after("-KILL").await;
}

#[tokio::test]
async fn a_primary_that_stands_still_comes_back_as_a_replica() {
    let _alone = ALONE.lock().await;
    let (primary, process) = jobs_go_on_after("-STOP").await;
    signal("-CONT", &process);
    until("its return", async || {
        let nodes = ValkeyNode::all().await;
        nodes.iter().any(|node| node.id == primary.id && node.is_up && node.primary.is_some())
    })
    .await;
}
