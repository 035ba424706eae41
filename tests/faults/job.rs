//! All that these tests know of the store's port.

use pgfold_adapters::{S3Objects, SystemClock, sdk_config};
use pgfold_core::{
    ChunkIndex, ChunkRecord, ChunkTask, GroupType, JobState, Query, Stage, Store, job_state,
};
use pgfold_tests::{FunctionProcess, PlannedJob, local_cloud, sqs_event};
use serde_json::{Value, json};

use crate::faults::GatedDeployment;

/// The chunk of a job that meets the faults: the only one of its leaf in DynamoDB, so that its
/// record is followed by a write to the root.
const CHUNK: ChunkIndex = ChunkIndex(16);

/// A job of 17 chunks over a hundred rows.
pub(crate) struct JobUnderTest {
    pub(crate) planned: PlannedJob,
    kind: Kind,
    store: Box<dyn Store>,
}

/// What a job computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The nearest pair.
    Nearest,
    /// Two kernels over the groups of the rows that meet a filter.
    Groups,
    /// Groups whose partials are too large for the record of a chunk.
    Large,
}

/// Sums of groups, and histograms for which the record of a chunk has no room.
pub(crate) fn large_groups() -> Query {
    let bounds: Vec<u32> = (0..1000).collect();
    let bins = json!({ "name": "histogram", "params": { "bounds": bounds } });
    let query = json!({
        "group_by": [{ "column": "y2", "name": "y2" }],
        "compute": { "named": {
            "a": { "kernel": bins, "columns": ["x1"] },
            "b": { "kernel": bins, "columns": ["x2"] },
            "x": { "kernel": { "name": "summary", "params": {} }, "columns": ["x2"] },
        } },
    });
    serde_json::from_value(query).unwrap()
}

impl Kind {
    fn planned(self) -> PlannedJob {
        let nearest = PlannedJob::over(1, 100, 17);
        match self {
            Self::Nearest => nearest,
            Self::Groups => {
                let query = json!({
                    "where": [{ "column": "y2", "test": { "compare": ["ne", 3] } }],
                    "group_by": [{ "column": "y2", "name": "y2" }],
                    "compute": { "named": {
                        "near": {
                            "kernel": { "name": "min_distance", "params": { "metric": "euclidean" } },
                            "columns": ["x1", "y1", "x2", "y2"],
                        },
                        "x": { "kernel": { "name": "summary", "params": {} }, "columns": ["x2"] },
                    } },
                });
                let query = serde_json::from_value(query).unwrap();
                PlannedJob::of_query(query, vec![GroupType::Integer], nearest.plan)
            }
            Self::Large => {
                PlannedJob::of_query(large_groups(), vec![GroupType::Integer], nearest.plan)
            }
        }
    }

    /// Checks the answer of the job, and returns how many rows it read.
    fn check(self, answer: &Value) -> u64 {
        if self == Self::Nearest {
            assert_eq!((&answer["distance"], &answer["pair"]["id"]), (&json!(0.5), &json!(42)));
            return 100;
        }
        let groups = answer["groups"].as_array().unwrap_or_else(|| panic!("{answer}"));
        if self == Self::Large {
            let sum = |group: &Value| json!([group["y2"], group["rows"], group["x"]["sum"]]);
            let groups: Vec<Value> = groups.iter().map(sum).collect();
            let expected =
                json!([[0, 25, 1300.0], [1, 25, 1225.0], [2, 25, 1208.5], [3, 25, 1275.0]]);
            assert_eq!(json!(groups), expected);
            return 100;
        }
        let group = |group: &Value| {
            let Value::Object(fields) = group else { panic!("{group}") };
            let (near, x) = (&fields["near"], &fields["x"]);
            json!([fields["y2"], fields["rows"], near["pair"]["id"], x["rows"], x["sum"]])
        };
        let groups: Vec<Value> = groups.iter().map(group).collect();
        // Of the ids 4 to 100, 1 to 97, and 2 to 98 with 0.5 in the place of 42.
        let expected =
            json!([[0, 25, 4, 25, 1300.0], [1, 25, 1, 25, 1225.0], [2, 25, 42, 25, 1208.5],]);
        assert_eq!(json!(groups), expected);
        75
    }
}

impl JobUnderTest {
    /// A new job in the deployment's store, to which it goes round the gate.
    pub(crate) async fn create(deployment: &GatedDeployment) -> Self {
        Self::of(Kind::Nearest, deployment).await
    }

    /// The same of a kind.
    pub(crate) async fn of(kind: Kind, deployment: &GatedDeployment) -> Self {
        let planned = kind.planned();
        let store = deployment.store().await;
        store.create(&planned.job, &planned.plan).await.unwrap();
        Self { planned, kind, store }
    }

    /// The event that delivers the chunk's message for the `attempt`th time.
    pub(crate) fn event(&self, attempt: u32) -> Value {
        self.event_of(attempt, |task| task.chunk == CHUNK)
    }

    fn event_of(&self, attempt: u32, which: impl Fn(&ChunkTask) -> bool) -> Value {
        let tasks = self.planned.job.chunk_tasks(&self.planned.plan).filter(which);
        let messages: Vec<String> = tasks.map(|task| task.to_json().unwrap()).collect();
        sqs_event(messages.iter().map(String::as_str), attempt)
    }

    /// What is recorded of the chunk.
    pub(crate) async fn record(&self) -> Option<ChunkRecord> {
        let mut chunks = self.store.chunks(&self.planned.job).await.unwrap();
        chunks.records.remove(&CHUNK)
    }

    /// Delivers the chunk's message anew, then the others, after which the job is completed. A
    /// record of the chunk that there was before stays.
    pub(crate) async fn completes_on_redelivery_to(&self, mapper: &FunctionProcess) {
        let earlier = self.record().await;
        assert!(is_done(mapper, &self.event(2)).await, "{}", mapper.logs());
        let others = self.event_of(1, |task| task.chunk != CHUNK);
        assert!(is_done(mapper, &others).await, "{}", mapper.logs());
        let record = self.record().await.unwrap_or_else(|| panic!("{}", mapper.logs()));
        match earlier {
            Some(earlier) => assert_eq!(record, earlier),
            None => assert_eq!(record.receipt.attempts, 2),
        }
        self.has_the_answer().await;
    }

    /// The job's answer and receipts are those of its table, each chunk counted once.
    pub(crate) async fn has_the_answer(&self) {
        let job = &self.planned.job;
        let objects = S3Objects::new(&sdk_config().await, local_cloud("OBJECTS_BUCKET"));
        let state = job_state(&*self.store, &objects, &SystemClock, job.job_id).await.unwrap();
        let JobState::Completed(completed) = state else { panic!("{state:?}") };
        assert_eq!(completed.rows, self.kind.check(&completed.answer().unwrap().answer));
        assert_eq!(completed.chunks.len(), 17);
        // What counts chunks counts as the records do: each is there, and none is missing.
        for (chunk, record) in self.store.chunks(job).await.unwrap().records {
            let again = self.store.record(job, chunk, &record).await.unwrap();
            assert_eq!((again.first, again.stage), (false, Stage::Done));
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
