//! All that these tests know of the store's port.

use pgfold_adapters::{DynamoDbStore, SystemClock, ValkeyStore, config::ValkeyConfig, sdk_config};
use pgfold_core::{
    ChunkCount, ChunkIndex, ChunkRecord, Job, JobState, KeyStatistics, Plan, Store, job_state,
};
use pgfold_tests::{FunctionProcess, job, local_cloud, sqs_event};
use serde_json::{Value, json};

use crate::{Deployment, StoreKind};

/// A job of two chunks of fifty rows each.
pub(crate) struct JobUnderTest {
    job: Job,
    store: Box<dyn Store>,
}

impl JobUnderTest {
    /// A new job in the deployment's store, to which it goes round the gate.
    pub(crate) async fn create(deployment: &Deployment) -> Self {
        let statistics = KeyStatistics { min: 1, max: 100, quantiles: Vec::new() };
        let plan = Plan::new(Some(&statistics), ChunkCount::new(2).unwrap());
        let job = Job { plan, ..job(2) };
        let store: Box<dyn Store> = match deployment.store {
            StoreKind::DynamoDb => {
                Box::new(DynamoDbStore::new(&sdk_config().await, local_cloud("JOBS_TABLE")))
            }
            StoreKind::Valkey => {
                let config = ValkeyConfig::new(&local_cloud("VALKEY_URL"), false).unwrap();
                Box::new(ValkeyStore::new(config))
            }
        };
        store.create(&job).await.unwrap();
        Self { job, store }
    }

    /// The event that delivers a chunk's message for the `attempt`th time.
    pub(crate) fn event(&self, chunk: usize, attempt: u32) -> Value {
        let message = self.job.map_tasks()[chunk].to_json().unwrap();
        sqs_event([message.as_str()], attempt)
    }

    /// What is recorded of a chunk.
    pub(crate) async fn record(&self, chunk: u16) -> Option<ChunkRecord> {
        let mut progress = self.store.load(self.job.task_id).await.unwrap();
        progress.records.remove(&ChunkIndex(chunk))
    }

    /// Delivers the first chunk's message anew, then the second's, after which the job is
    /// completed. A record of the first chunk that there was before stays.
    pub(crate) async fn completes_on_redelivery_to(&self, mapper: &FunctionProcess) {
        let earlier = self.record(0).await;
        assert!(is_done(mapper, &self.event(0, 2)).await, "{}", mapper.logs());
        assert!(is_done(mapper, &self.event(1, 1)).await, "{}", mapper.logs());
        let record = self.record(0).await.unwrap();
        match earlier {
            Some(earlier) => assert_eq!(record, earlier),
            None => assert_eq!(record.receipt.attempts, 2),
        }
        self.has_the_answer().await;
    }

    /// The job's answer and receipts are those of its table, each chunk counted once.
    pub(crate) async fn has_the_answer(&self) {
        let state = job_state(&*self.store, &SystemClock, self.job.task_id).await.unwrap();
        let JobState::Completed(completed) = state else { panic!("{state:?}") };
        assert_eq!(completed.answer["distance"], 0.5);
        assert_eq!(completed.answer["pair"]["id"], 42);
        assert_eq!(completed.rows, 100);
        let rows: Vec<u64> = completed.receipts.iter().map(|(_, receipt)| receipt.rows).collect();
        assert_eq!(rows, [50, 50]);
        // What counts chunks counts as the records do: the first is there, and none is missing.
        for chunk in [0, 1] {
            let record = self.record(chunk).await.unwrap();
            let (task_id, plan) = (self.job.task_id, self.job.plan_hash());
            let again = self.store.record(task_id, &plan, ChunkIndex(chunk), &record).await;
            let again = again.unwrap();
            assert_eq!((again.first, again.missing), (false, 0));
        }
    }
}

/// Has a mapper take an event; whether its message is done with, rather than to come back.
pub(crate) async fn is_done(mapper: &FunctionProcess, event: &Value) -> bool {
    let answer = mapper.invoke(event).await;
    let answer = answer.unwrap_or_else(|ended| panic!("{ended:?}: {}", mapper.logs()));
    is_acknowledgement(&answer)
}

/// Whether an answer has the queue delete the message; else it reports the very message.
pub(crate) fn is_acknowledgement(answer: &Value) -> bool {
    if answer["batchItemFailures"] == json!([{ "itemIdentifier": "message-0" }]) {
        return false;
    }
    assert_eq!(*answer, json!({ "batchItemFailures": [] }));
    true
}
