//! What DynamoDB bills and drops that others do not: writes by size, items in parts.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::{
    Client,
    types::AttributeValue::{self, Bool, M, N, S},
};
use pgfold_adapters::{
    DynamoDbStore, Unannounced,
    memory::{MemoryObjects, MemoryQueue},
    sdk_config,
};
use pgfold_core::{
    ChunkIndex, Error, JobQuery, JobState, Reason, Recorder, StageEnd, Status, Store, job_state,
    list_jobs,
};
use pgfold_tests::{PlannedJob, doubles::FixedClock, local_cloud};

type Item = HashMap<String, AttributeValue>;

/// The table of the local cloud, as its store and as AWS has it.
struct Table {
    store: DynamoDbStore,
    client: Client,
    name: String,
}

impl Table {
    async fn open() -> Self {
        let (config, name) = (sdk_config().await, local_cloud("JOBS_TABLE"));
        let store = DynamoDbStore::new(&config, &name);
        Self { store, client: Client::new(&config), name }
    }

    async fn created(&self, chunks: u64) -> PlannedJob {
        let sample = PlannedJob::new(chunks);
        self.store.create(&sample.job, &sample.plan).await.unwrap();
        sample
    }

    async fn put(&self, sample: &PlannedJob, chunk: u16) {
        let record = sample.record(chunk, [-1.234_567_890_123_456_7e-300; 4]);
        self.store.record(&sample.job, ChunkIndex(chunk), &record).await.unwrap();
    }

    async fn item(&self, pk: &str) -> Item {
        let get = self.client.get_item().table_name(&self.name).key("pk", S(pk.to_owned()));
        get.send().await.unwrap().item.unwrap_or_else(|| panic!("no item {pk}"))
    }
}

/// The keys of a job's items: the root, and the leaf of a chunk.
fn keys(sample: &PlannedJob, chunk: u16) -> (String, String) {
    let root = format!("JOB#{}", sample.job.job_id);
    let leaf = format!("{root}#{}#{}", sample.job.plan, chunk / 16);
    (root, leaf)
}

/// Write units of writing an item: one a kilobyte of it after the write. Sizes by
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
fn write_units(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>().div_ceil(1024)
}

fn bytes(value: &AttributeValue) -> usize {
    match value {
        S(text) => text.len(),
        N(number) => number.len() / 2 + 2,
        Bool(_) => 1,
        M(map) => 3 + map.iter().map(|(key, value)| 1 + key.len() + bytes(value)).sum::<usize>(),
        other => panic!("{other:?} is not in the table of jobs"),
    }
}

/// What the records of a job cost to write.
async fn write_units_of_records(table: &Table, chunks: u64) -> usize {
    let sample = table.created(chunks).await;
    let mut units = 0;
    let mut complete_leaves = 0;
    for chunk in 0..sample.job.chunks {
        // In an order in which leaves fill up side by side.
        let chunk = (u32::from(chunk) * 7919 % u32::from(sample.job.chunks)) as u16;
        table.put(&sample, chunk).await;
        let (root, leaf) = keys(&sample, chunk);
        units += write_units(&table.item(&leaf).await);
        let root = table.item(&root).await;
        let Some(M(leaves)) = root.get("leaves") else { panic!("{root:?}") };
        if leaves.len() > complete_leaves {
            complete_leaves = leaves.len();
            units += write_units(&root);
        }
    }
    let progress = table.store.progress(sample.job.job_id).await.unwrap();
    assert_eq!(progress.done, sample.job.chunks);
    units
}

#[tokio::test]
async fn write_units_grow_with_the_number_of_chunks_and_no_faster() {
    let table = Table::open().await;
    let mut per_chunk = Vec::new();
    for chunks in [64, 256, 1024] {
        let units = write_units_of_records(&table, chunks).await;
        println!("{chunks} chunks take {units} write units");
        per_chunk.push(units as f64 / chunks as f64);
    }
    assert!(per_chunk[0] < 6.0, "{per_chunk:?}");
    assert!(per_chunk[2] < per_chunk[0] * 1.1, "{per_chunk:?}");
}

#[tokio::test]
async fn a_leaf_that_the_root_does_not_count_is_counted_by_whoever_comes_next() {
    let table = Table::open().await;
    for repair in [
        "a redelivery that opens",
        "one that records",
        "one that fails too late",
        "a dead letter",
        "a retry",
    ] {
        let sample = table.created(20).await;
        for chunk in 0..20 {
            table.put(&sample, chunk).await;
        }
        // As if the mapper had died between the last record of leaf 1 and the root.
        let (root, _) = keys(&sample, 0);
        let undo = table.client.update_item().table_name(&table.name).key("pk", S(root));
        undo.update_expression("REMOVE leaves.#one ADD #missing :one")
            .expression_attribute_names("#one", "1")
            .expression_attribute_names("#missing", "missing")
            .expression_attribute_values(":one", N("1".to_owned()))
            .send()
            .await
            .unwrap();
        let (job, chunk) = (&sample.job, ChunkIndex(17));
        assert_eq!(table.store.progress(job.job_id).await.unwrap().done, 16);
        match repair {
            "one that records" => table.put(&sample, chunk.0).await,
            "one that fails too late" => {
                let reason = Reason::new("no privilege");
                table.store.fail_chunk(job, chunk, &reason).await.unwrap();
            }
            "a dead letter" => {
                let task = job.chunk_tasks(&sample.plan).nth(17).unwrap();
                let (objects, reducers) = (MemoryObjects::default(), MemoryQueue::default());
                let recorder = Recorder {
                    end: StageEnd {
                        store: &table.store,
                        objects: &objects,
                        reducers: &reducers,
                        reminders: &Unannounced,
                    },
                    clock: &FixedClock(job.created_at),
                };
                recorder.give_up(&task, &Reason::new("given up")).await.unwrap();
            }
            "a retry" => table.store.reopen(job, job.deadline).await.unwrap(),
            _ => assert!(
                table.store.open(job.job_id, &job.plan, chunk).await.unwrap().recorded.is_some()
            ),
        }
        let progress = table.store.progress(job.job_id).await.unwrap();
        assert_eq!((progress.done, progress.chunk_failed), (20, false), "after {repair}");
    }
}

#[tokio::test]
async fn a_job_that_lost_a_leaf_has_no_answer() {
    let table = Table::open().await;
    let sample = table.created(20).await;
    for chunk in 0..20 {
        table.put(&sample, chunk).await;
    }
    let (job, clock) = (&sample.job, FixedClock(sample.job.created_at));
    let completed =
        job_state(&table.store, &MemoryObjects::default(), &clock, job.job_id).await.unwrap();
    assert!(matches!(completed, JobState::Completed(_)), "{completed:?}");
    let (_, leaf) = keys(&sample, 17);
    let delete = table.client.delete_item().table_name(&table.name).key("pk", S(leaf));
    delete.send().await.unwrap();
    let lost = job_state(&table.store, &MemoryObjects::default(), &clock, job.job_id).await;
    assert!(matches!(lost, Err(Error::Corrupt { .. })), "{lost:?}");
}

#[tokio::test]
async fn a_failed_job_that_lost_a_leaf_is_listed_with_that() {
    let table = Table::open().await;
    let sample = table.created(20).await;
    let (job, clock) = (&sample.job, FixedClock(sample.job.created_at));
    table.store.fail_job(job.job_id, &Reason::new("no such table")).await.unwrap();
    let (_, leaf) = keys(&sample, 17);
    let delete = table.client.delete_item().table_name(&table.name).key("pk", S(leaf));
    delete.send().await.unwrap();
    let query = JobQuery { status: Some(Status::Failed), before: None, limit: JobQuery::MOST };
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let jobs =
            list_jobs(&table.store, &MemoryObjects::default(), &clock, query).await.unwrap().jobs;
        let listed = jobs.into_iter().find(|listed| listed.progress.job.job_id == job.job_id);
        if let Some(listed) = listed {
            let error = listed.error.unwrap();
            assert!(error.ends_with("does not read back"), "{error}");
            return;
        }
        assert!(Instant::now() < deadline, "{} is not listed", job.job_id);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
