//! The promises of a queue.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::{Client, types::Message};
use pgfold_adapters::{SqsQueue, memory::MemoryQueue, new_job_id, sdk_config};
use pgfold_core::{Backlog, ChunkCount, ChunkTask, Depth, Plan, Queue};
use pgfold_tests::PlannedJob;

/// A backend whose other end tests hold.
#[async_trait]
pub(crate) trait Backend: Sync {
    /// The end that is tested.
    fn queue(&self) -> &dyn Queue;

    /// The same, of those who watch it.
    fn backlog(&self) -> &dyn Backlog;

    /// Messages that can be received, with their receipts; none if none comes within a while.
    async fn receive(&self) -> Vec<(String, ChunkTask)>;

    /// Is done with a message.
    async fn acknowledge(&self, receipt: &str);
}

#[derive(Default)]
pub(crate) struct Memory(MemoryQueue);

#[async_trait]
impl Backend for Memory {
    fn queue(&self) -> &dyn Queue {
        &self.0
    }

    fn backlog(&self) -> &dyn Backlog {
        &self.0
    }

    async fn receive(&self) -> Vec<(String, ChunkTask)> {
        self.0.receive().into_iter().collect()
    }

    async fn acknowledge(&self, receipt: &str) {
        self.0.acknowledge(receipt);
    }
}

/// A queue of the test's own: the deployed one has mappers at its other end.
pub(crate) struct Sqs {
    client: Client,
    url: String,
    queue: SqsQueue,
}

impl Sqs {
    pub(crate) async fn create() -> Self {
        let config = sdk_config().await;
        let client = Client::new(&config);
        let name = format!("conformance-{}", new_job_id());
        let created = client.create_queue().queue_name(name).send().await;
        let url = created.expect("the queue service of `make test`").queue_url.unwrap();
        Self { client, queue: SqsQueue::new(&config, &url), url }
    }
}

#[async_trait]
impl Backend for Sqs {
    fn queue(&self) -> &dyn Queue {
        &self.queue
    }

    fn backlog(&self) -> &dyn Backlog {
        &self.queue
    }

    async fn receive(&self) -> Vec<(String, ChunkTask)> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .send()
            .await
            .unwrap();
        let parts = |message: Message| {
            let task = ChunkTask::from_json(message.body().unwrap()).unwrap();
            (message.receipt_handle.unwrap(), task)
        };
        received.messages.unwrap_or_default().into_iter().map(parts).collect()
    }

    async fn acknowledge(&self, receipt: &str) {
        let delete = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
        delete.send().await.unwrap();
    }
}

/// Receives messages, and is done with them, until there are `count`.
async fn drain(backend: &dyn Backend, count: usize) -> Vec<ChunkTask> {
    let mut arrived = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while arrived.len() < count && Instant::now() < deadline {
        for (receipt, task) in backend.receive().await {
            backend.acknowledge(&receipt).await;
            arrived.push(task);
        }
    }
    arrived
}

fn tasks(chunks: u64) -> Vec<ChunkTask> {
    let sample = PlannedJob::new(chunks);
    sample.job.chunk_tasks(&sample.plan).collect()
}

pub(crate) async fn every_message_arrives_as_it_was_sent(backend: &dyn Backend) {
    // Not a multiple of the ten that SQS takes at a time.
    let sent = tasks(23);
    backend.queue().send(&sent).await.unwrap();
    let mut arrived = drain(backend, sent.len()).await;
    arrived.sort_by_key(|task| task.chunk);
    // At least once each; these backends add none of their own.
    assert_eq!(arrived, sent);
}

pub(crate) async fn messages_of_every_kind_of_range_arrive(backend: &dyn Backend) {
    let chunks = ChunkCount::new(12).unwrap();
    let odd = "\"\\\n\u{1}é\u{1F980}";
    let texts: Vec<String> = (0..=12).map(|key| format!("{odd}{key:02}")).collect();
    let partitions: Vec<(u32, u32)> = (0..1000).map(|n| (u32::MAX - n, 1)).collect();
    for plan in [Plan::of_texts(&texts, chunks), Plan::of_blocks(&partitions, chunks)] {
        let sample = PlannedJob::with_plan(plan).at_snapshot();
        let sent: Vec<ChunkTask> = sample.job.chunk_tasks(&sample.plan).collect();
        backend.queue().send(&sent).await.unwrap();
        let mut arrived = drain(backend, sent.len()).await;
        arrived.sort_by_key(|task| task.chunk);
        assert_eq!(arrived, sent);
    }
}

pub(crate) async fn the_messages_of_a_large_job_arrive(backend: &dyn Backend) {
    let sent = tasks(1000);
    backend.queue().send(&sent).await.unwrap();
    let mut arrived = drain(backend, sent.len()).await;
    arrived.sort_by_key(|task| task.chunk);
    assert!(arrived == sent, "{} messages of {}, or others", arrived.len(), sent.len());
}

pub(crate) async fn nothing_to_send_is_no_error(backend: &dyn Backend) {
    backend.queue().send(&[]).await.unwrap();
    assert_eq!(backend.receive().await, []);
}

pub(crate) async fn the_largest_message_is_under_a_kilobyte(backend: &dyn Backend) {
    let sent = tasks(ChunkCount::MAX.into());
    backend.queue().send(&sent[9_990..]).await.unwrap();
    for task in drain(backend, 10).await {
        let bytes = task.to_json().unwrap().len();
        assert!(bytes < 1024, "{bytes} bytes");
    }
}

pub(crate) async fn a_delayed_message_comes_back(backend: &dyn Backend) {
    let sent = tasks(1);
    backend.queue().send(&sent).await.unwrap();
    // The queues of these tests would bring it back after half a minute.
    for delay in [Duration::ZERO, Duration::from_secs(1)] {
        let received = backend.receive().await;
        let [(receipt, task)] = &received[..] else { panic!("{received:?}") };
        assert_eq!(*task, sent[0]);
        backend.queue().delay(receipt, delay).await.unwrap();
    }
    assert_eq!(drain(backend, 1).await, sent);
}

pub(crate) async fn waiting_messages_and_those_in_flight_are_counted(backend: &dyn Backend) {
    let depth = async || backend.backlog().depth().await.unwrap();
    assert_eq!(depth().await, Depth::default());
    backend.queue().send(&tasks(3)).await.unwrap();
    assert_eq!(depth().await, Depth { waiting: 3, in_flight: 0 });
    let mut received = backend.receive().await;
    let in_flight = received.len() as u64;
    assert_eq!(depth().await, Depth { waiting: 3 - in_flight, in_flight });
    let (receipt, _) = received.pop().unwrap();
    backend.acknowledge(&receipt).await;
    assert_eq!(depth().await, Depth { waiting: 3 - in_flight, in_flight: in_flight - 1 });
}
