//! Servers at `maxmemory` that evict nothing.

use pgfold_core::{Error, Store};
use pgfold_tests::{PlannedJob, ValkeyNode};

use super::*;

/// What servers have room for, besides what they hold.
const ROOM: u64 = 2 << 20;

/// Sets how much memory each primary may use.
async fn limit(memory: impl AsyncFn(&ValkeyNode) -> u64) {
    for node in ValkeyNode::all().await {
        if node.is_up && node.primary.is_none() {
            let bytes = memory(&node).await;
            let set = format!("CONFIG SET maxmemory-policy noeviction maxmemory {bytes}");
            let _: String = node.order(&set).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_full_cluster_refuses_jobs_by_name_and_keeps_those_that_it_took() {
    let _alone = ALONE.lock().await;
    let store = store().await;
    limit(async |node| node.info("used_memory").await.unwrap().parse::<u64>().unwrap() + ROOM)
        .await;
    let mut taken = Vec::new();
    let (refused, error) = loop {
        let sample = PlannedJob::new(1000);
        match store.create(&sample.job, &sample.plan).await {
            Ok(()) => taken.push(sample),
            Err(error) => break (sample, error),
        }
        assert!(taken.len() < 10_000, "the servers are never full");
    };
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "valkey is unavailable: it is out of memory (maxmemory), and its policy evicts nothing \
         (noeviction)"
    );
    assert!(!taken.is_empty());
    for sample in &taken {
        assert_eq!(store.progress(sample.job.job_id).await.unwrap().job, sample.job);
        assert_eq!(store.chunks(&sample.job).await.unwrap().plan, sample.plan);
    }
    limit(async |_| 0).await;
    store.create(&refused.job, &refused.plan).await.unwrap();
    taken.push(refused);
    for sample in &taken {
        assert_eq!(record(&store, sample, 0..3).await, [""; 0]);
        assert_eq!(store.progress(sample.job.job_id).await.unwrap().done, 3);
    }
    let listed = store.list(None, u16::try_from(taken.len()).unwrap()).await.unwrap();
    for (progress, sample) in listed.iter().zip(taken.iter().rev()) {
        assert_eq!(progress.job.job_id, sample.job.job_id);
    }
}
