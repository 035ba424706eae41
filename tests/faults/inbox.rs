use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use pgfold_adapters::{new_job_id, sdk_config};

/// A queue of a test's own, in the place of that of chunks: mappers are at that one's other end.
pub(crate) struct Inbox {
    pub(crate) url: String,
    sqs: Client,
}

impl Inbox {
    pub(crate) async fn create() -> Self {
        let sqs = Client::new(&sdk_config().await);
        let queue = sqs.create_queue().queue_name(format!("faults-{}", new_job_id())).send().await;
        let url = queue.expect("the queue service of `make test`").queue_url.unwrap();
        Self { url, sqs }
    }

    /// Takes the messages that are there.
    pub(crate) async fn messages(&self) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let messages = self.receive(0).await;
            if messages.is_empty() {
                return bodies;
            }
            bodies.extend(messages);
        }
    }

    /// Takes so many messages, which are on their way.
    pub(crate) async fn messages_to_come(&self, count: usize) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut bodies = Vec::new();
        while bodies.len() < count {
            assert!(Instant::now() < deadline, "{} of {count} messages came", bodies.len());
            bodies.extend(self.receive(1).await);
        }
        bodies
    }

    async fn receive(&self, wait_seconds: i32) -> Vec<String> {
        let receive = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let received = receive.wait_time_seconds(wait_seconds).send().await.unwrap();
        let mut bodies = Vec::new();
        for message in received.messages.unwrap_or_default() {
            let delete = self.sqs.delete_message().queue_url(&self.url);
            delete.receipt_handle(message.receipt_handle.unwrap()).send().await.unwrap();
            bodies.push(message.body.unwrap());
        }
        bodies
    }
}
