//! The promises of a queue.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use pgfold_adapters::{SqsQueue, memory::MemoryQueue, new_task_id, sdk_config};
use pgfold_core::{ChunkCount, MapTask, Queue};
use pgfold_tests::job;

/// A backend whose other end tests hold.
#[async_trait]
pub(crate) trait Backend: Sync {
    /// The end that is tested.
    fn queue(&self) -> &dyn Queue;

    /// Messages that arrived and were not received yet; none if none comes within a while.
    async fn receive(&self) -> Vec<MapTask>;
}

#[derive(Default)]
pub(crate) struct Memory(MemoryQueue);

#[async_trait]
impl Backend for Memory {
    fn queue(&self) -> &dyn Queue {
        &self.0
    }

    async fn receive(&self) -> Vec<MapTask> {
        self.0.receive().into_iter().collect()
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
        let name = format!("conformance-{}", new_task_id());
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

    async fn receive(&self) -> Vec<MapTask> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .send()
            .await
            .unwrap();
        let messages = received.messages.unwrap_or_default();
        for message in &messages {
            let receipt = message.receipt_handle().unwrap();
            let delete = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt);
            delete.send().await.unwrap();
        }
        messages.iter().map(|one| MapTask::from_json(one.body().unwrap()).unwrap()).collect()
    }
}

pub(crate) async fn every_message_arrives_as_it_was_sent(backend: &dyn Backend) {
    // Not a multiple of the ten that SQS takes at a time.
    let sent = job(23).map_tasks();
    backend.queue().send(&sent).await.unwrap();
    let mut arrived = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while arrived.len() < sent.len() && Instant::now() < deadline {
        arrived.extend(backend.receive().await);
    }
    arrived.sort_by_key(|task: &MapTask| task.chunk);
    // At least once each; these backends add none of their own.
    assert_eq!(arrived, sent);
}

pub(crate) async fn nothing_to_send_is_no_error(backend: &dyn Backend) {
    backend.queue().send(&[]).await.unwrap();
    assert_eq!(backend.receive().await, []);
}

pub(crate) async fn the_largest_message_is_under_a_kilobyte(backend: &dyn Backend) {
    let sent = job(ChunkCount::MAX.into()).map_tasks();
    backend.queue().send(&sent).await.unwrap();
    let arrived = backend.receive().await;
    assert!(!arrived.is_empty());
    for task in &arrived {
        let bytes = task.to_json().unwrap().len();
        assert!(bytes < 1024, "{bytes} bytes");
    }
}
