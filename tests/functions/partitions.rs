//! What is counted of partitions, and reported of one that takes too long, whatever its reducer does.

use std::{
    future::pending,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use pgfold_adapters::{Attempts, Invocation, Metrics, Work};
use pgfold_core::{
    ChunkTask, Clock, Delivery, Failure, Mapped, Recorded, Reported, Result, SkipReason, Timestamp,
    Worker,
};
use pgfold_tests::{
    PlannedJob,
    doubles::{DelayNotes, ManualClock},
    sqs_event,
};
use serde_json::Value;

use crate::functions::output::Output;

/// Stores records for nobody, the first of which is its own, or never ends.
#[derive(Default)]
struct ScriptedReducer {
    clock: ManualClock,
    recorded: Mutex<Vec<bool>>,
    reported: Mutex<Vec<String>>,
    hangs: bool,
}

impl Worker for ScriptedReducer {
    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    async fn attempt(
        &self,
        task: &ChunkTask,
        _: Delivery,
        _: impl Future<Output = SkipReason>,
    ) -> Result<Mapped, Failure> {
        if self.hangs {
            pending::<()>().await;
        }
        let mut recorded = self.recorded.lock().unwrap();
        let first = recorded.is_empty();
        recorded.push(first);
        let receipt = planned().record(task.chunk.0, [0.0; 4]).receipt;
        Ok(Mapped::Recorded(Recorded { first, complete: false }, receipt))
    }

    async fn unwanted(&self, _: &ChunkTask) -> Result<Option<SkipReason>> {
        Ok(None)
    }

    async fn report(
        &self,
        _: &ChunkTask,
        _: Delivery,
        _: Timestamp,
        failure: &Failure,
    ) -> Reported {
        self.reported.lock().unwrap().push(failure.error.to_string());
        Reported { done: None, unsaid: None }
    }
}

fn planned() -> PlannedJob {
    PlannedJob::new(1)
}

/// Delivers a message within this time; returns the answer and the metrics.
async fn deliver(reducer: &ScriptedReducer, time: Duration) -> (SqsBatchResponse, Vec<Value>) {
    let planned = planned();
    let message = planned.job.chunk_tasks(&planned.plan).next().unwrap().to_json().unwrap();
    let event: SqsEvent = serde_json::from_value(sqs_event([message.as_str()], 1)).unwrap();
    let measured = Output::default();
    let attempts = Attempts {
        worker: reducer,
        work: Work::Partitions,
        queue: &DelayNotes::default(),
        max_attempts: 5,
        metrics: &Metrics::new("test", measured.clone()),
    };
    let invocation = Invocation { deadline: SystemTime::now() + time, memory_mb: 1769 };
    let response = attempts.at_each(&event, invocation).await.unwrap();
    let lines = measured.take();
    (response, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test]
async fn a_partition_is_counted_as_reduced_once_and_not_as_a_chunk() {
    let reducer = ScriptedReducer::default();
    let (response, measured) = deliver(&reducer, Duration::from_secs(60)).await;
    assert!(response.batch_item_failures.is_empty());
    let [line] = &measured[..] else { panic!("{measured:?}") };
    assert_eq!((&line["PartitionsReduced"], &line["ReduceMilliseconds"]), (&1.into(), &7.into()));
    assert_eq!((line.get("ChunksFolded"), line.get("RowsFolded")), (None, None));

    let (_, measured) = deliver(&reducer, Duration::from_secs(60)).await;
    let [line] = &measured[..] else { panic!("{measured:?}") };
    assert_eq!((&line["DuplicatesDiscarded"], line.get("PartitionsReduced")), (&1.into(), None));
}

#[tokio::test]
async fn a_partition_that_takes_too_long_is_reported_and_comes_back() {
    let reducer = ScriptedReducer { hangs: true, ..ScriptedReducer::default() };
    // As long as the report may take.
    let (response, measured) = deliver(&reducer, Duration::from_secs(2)).await;
    assert_eq!(response.batch_item_failures.len(), 1);
    assert_eq!(measured, [Value::Null; 0]);
    let reported = reducer.reported.into_inner().unwrap();
    let [error] = &reported[..] else { panic!("{reported:?}") };
    let range = planned().plan.chunks().next().unwrap().1.to_string();
    assert!(error.contains(&range), "{error} does not name {range}");
}
