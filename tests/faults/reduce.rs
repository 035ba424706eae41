//! A reducer is killed, or what it asks fails, and its message is delivered anew.

use pgfold_adapters::{S3Objects, SystemClock, sdk_config};
use pgfold_core::{
    Format, GroupType, JobResult, JobState, ObjectName, Objects, Output, OutputColumn, Stage,
    Store, ValueType, job_state,
};
use pgfold_tests::{FunctionProcess, Gate, PlannedJob, local_cloud, sqs_event};
use serde_json::{Value, json};

use crate::faults::{
    GatedDeployment,
    inbox::Inbox,
    job::{is_done, large_groups},
    kill::{Moment, is_killed_at},
    outage::{Outcome, outcome_from},
    over_both_stores,
};

over_both_stores! {
    killed_before_any_request_to_the_store
    killed_during_any_request_to_the_store
    comes_back_from_a_store_that_is_away
}

async fn killed_before_any_request_to_the_store(deployment: GatedDeployment) {
    killed_at_each_request(deployment, Moment::Before).await;
}

async fn killed_during_any_request_to_the_store(deployment: GatedDeployment) {
    killed_at_each_request(deployment, Moment::During).await;
}

#[tokio::test]
async fn killed_before_any_request_for_an_object() {
    killed_at_each_request(GatedDeployment::with_gated_objects().await, Moment::Before).await;
}

#[tokio::test]
async fn killed_during_any_request_for_an_object() {
    killed_at_each_request(GatedDeployment::with_gated_objects().await, Moment::During).await;
}

async fn comes_back_from_a_store_that_is_away(deployment: GatedDeployment) {
    comes_back_from_each_request(deployment, Gate::shut).await;
}

#[tokio::test]
async fn comes_back_from_objects_that_are_away() {
    comes_back_from_each_request(GatedDeployment::with_gated_objects().await, Gate::shut).await;
}

#[tokio::test]
async fn comes_back_from_objects_that_are_silent() {
    let deployment = GatedDeployment::with_gated_objects().await;
    comes_back_from_each_request(deployment, Gate::fall_silent).await;
}

#[tokio::test]
async fn comes_back_from_objects_that_throttle() {
    let body =
        "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    let length = body.len();
    let throttled = format!(
        "HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let deployment = GatedDeployment::with_gated_objects().await;
    comes_back_from_each_request(deployment, |gate| gate.answer(throttled.clone())).await;
}

/// Kills a reducer at its first request to what is behind the gate, another at its second, until one gets
/// to the end.
async fn killed_at_each_request(deployment: GatedDeployment, moment: Moment) {
    for passed in 0.. {
        let job = MappedJob::of(&deployment).await;
        let reducer = job.reducer(&deployment).await;
        if !is_killed_at(&deployment, &reducer, &job.event(0, 1), passed, moment).await {
            assert!(passed > 1, "it reads and writes");
            return;
        }
        job.completes_on_redelivery_to(&job.reducer(&deployment).await).await;
    }
}

/// Has what is behind the gate fail from a reducer's first request on, then from another's second, until
/// one gets to the end before.
async fn comes_back_from_each_request(deployment: GatedDeployment, fail: impl Fn(&Gate)) {
    for passed in 0.. {
        let job = MappedJob::of(&deployment).await;
        let reducer = job.reducer(&deployment).await;
        let event = job.event(0, 1);
        let Some(outcome) = outcome_from(&deployment, &reducer, &event, passed, &fail).await else {
            assert!(passed > 1, "it reads and writes");
            return;
        };
        assert_eq!(outcome, Outcome::ComesBack, "request {passed}: {}", reducer.logs());
        job.completes_on_redelivery_to(&reducer).await;
    }
}

/// A job of two partitions, whose chunks are all recorded. Its partials are in objects.
struct MappedJob {
    planned: PlannedJob,
    store: Box<dyn Store>,
    /// Where the messages of its partitions are.
    inbox: Inbox,
    messages: Vec<String>,
}

impl MappedJob {
    /// Has a mapper take the chunks of a new job, through the gate.
    async fn of(deployment: &GatedDeployment) -> Self {
        let (planned, inbox) = (planned(), Inbox::create().await);
        let store = deployment.store().await;
        store.create(&planned.job, &planned.plan).await.unwrap();
        deployment.gate.open();
        let queues = [
            ("CHUNKS_QUEUE_URL", local_cloud("CHUNKS_QUEUE_URL")),
            ("REDUCTIONS_QUEUE_URL", inbox.url.clone()),
        ];
        let mapper = deployment.function("mapper", queues).await;
        let chunks = planned.job.chunk_tasks(&planned.plan);
        let chunks = chunks.filter(|task| !planned.job.is_partition(task.chunk));
        let chunks: Vec<String> = chunks.map(|task| task.to_json().unwrap()).collect();
        let event = sqs_event(chunks.iter().map(String::as_str), 1);
        assert!(is_done(&mapper, &event).await, "{}", mapper.logs());
        mapper.kill().await;
        let mut messages = inbox.messages_to_come(2).await;
        messages.sort();
        Self { planned, store, inbox, messages }
    }

    async fn reducer(&self, deployment: &GatedDeployment) -> FunctionProcess {
        deployment.function("reducer", [("REDUCTIONS_QUEUE_URL", self.inbox.url.clone())]).await
    }

    /// The event that delivers the message of a partition for the `attempt`th time.
    fn event(&self, partition: usize, attempt: u32) -> Value {
        sqs_event([self.messages[partition].as_str()], attempt)
    }

    /// Delivers the message of the first partition anew, then that of the other, after which the job is
    /// completed by the files that its manifest names.
    async fn completes_on_redelivery_to(&self, reducer: &FunctionProcess) {
        for (partition, attempt) in [(0, 2), (1, 1)] {
            let event = self.event(partition, attempt);
            assert!(is_done(reducer, &event).await, "{}", reducer.logs());
        }
        let (job, objects) =
            (&self.planned.job, S3Objects::new(&sdk_config().await, local_cloud("OBJECTS_BUCKET")));
        let state = job_state(&*self.store, &objects, &SystemClock, job.job_id).await.unwrap();
        let JobState::Completed(completed) = state else { panic!("{state:?}") };
        let JobResult::Files(manifest) = completed.result else { panic!("{:?}", completed.result) };
        let mut groups = Vec::new();
        for part in &manifest.parts {
            let name = ObjectName::of_part(job.job_id, &part.name);
            let bytes = match part.bytes {
                0 => Vec::new(),
                bytes => objects.read(&name, 0..bytes).await.unwrap(),
            };
            let lines = std::str::from_utf8(&bytes).unwrap().lines();
            groups.extend(lines.map(|line| {
                let group: Value = serde_json::from_str(line).unwrap();
                json!([group["y2"], group["rows"], group["x_sum"]])
            }));
        }
        groups.sort_by_key(|group| group[0].as_i64());
        let expected = json!([[0, 25, 1300.0], [1, 25, 1225.0], [2, 25, 1208.5], [3, 25, 1275.0]]);
        assert_eq!((json!(groups), manifest.rows), (expected, 4));
        for (chunk, record) in self.store.chunks(job).await.unwrap().records {
            let again = self.store.record(job, chunk, &record).await.unwrap();
            assert_eq!((again.first, again.stage), (false, Stage::Done));
        }
    }
}

/// A job of three chunks whose groups are written into two files.
fn planned() -> PlannedJob {
    let plan = PlannedJob::over(1, 100, 3).plan.with_partitions(2);
    let mut planned = PlannedJob::of_query(large_groups(), vec![GroupType::Integer], plan);
    let read = ["x1", "x2", "x2"].map(|name| OutputColumn {
        name: name.to_owned(),
        value_type: ValueType::Double,
        sql_type: None,
    });
    let query = planned.job.computation.query.clone();
    let columns = query.open().unwrap().file_columns(&[GroupType::Integer], &read).unwrap();
    let output = Output { format: Format::Jsonl, columns, read: read.into() };
    planned.job.computation.output = Some(output);
    planned
}
