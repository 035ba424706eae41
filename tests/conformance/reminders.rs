//! The promises of the queue of reminders.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use pgfold_adapters::{SqsQueue, memory::MemoryReminders, new_job_id, sdk_config};
use pgfold_core::{Progress, Reminder, Reminders};
use pgfold_tests::PlannedJob;

/// A backend whose other end tests hold.
#[async_trait]
pub(crate) trait Backend: Sync {
    /// The end that is tested.
    fn reminders(&self) -> &dyn Reminders;

    /// Receives a reminder and is done with it; none if none comes within a while.
    async fn receive(&self) -> Option<Reminder>;
}

#[async_trait]
impl Backend for MemoryReminders {
    fn reminders(&self) -> &dyn Reminders {
        self
    }

    async fn receive(&self) -> Option<Reminder> {
        MemoryReminders::receive(self)
    }
}

/// A queue of the test's own: the deployed one has an announcer at its other end.
pub(crate) struct Sqs {
    client: Client,
    url: String,
    queue: SqsQueue,
}

impl Sqs {
    pub(crate) async fn create() -> Self {
        let config = sdk_config().await;
        let client = Client::new(&config);
        let name = format!("reminders-{}", new_job_id());
        let created = client.create_queue().queue_name(name).send().await;
        let url = created.expect("the queue service of `make test`").queue_url.unwrap();
        Self { client, queue: SqsQueue::new(&config, &url), url }
    }
}

#[async_trait]
impl Backend for Sqs {
    fn reminders(&self) -> &dyn Reminders {
        &self.queue
    }

    async fn receive(&self) -> Option<Reminder> {
        let receive = self.client.receive_message().queue_url(&self.url).wait_time_seconds(1);
        let message = receive.send().await.unwrap().messages.unwrap_or_default().pop()?;
        let delete = self.client.delete_message().queue_url(&self.url);
        delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        Some(Reminder::from_json(message.body().unwrap()).unwrap())
    }
}

/// Receives a reminder.
///
/// # Panics
/// If none comes.
async fn next(backend: &dyn Backend) -> Reminder {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(reminder) = backend.receive().await {
            return reminder;
        }
    }
    panic!("no reminder")
}

pub(crate) async fn a_reminder_of_each_kind_arrives_as_it_was_sent(backend: &dyn Backend) {
    let job = PlannedJob::new(4).job;
    let (watch, _) = Reminder::first(&job, job.deadline, job.created_at);
    let (seen, _) = watch.next(&Progress::new(job.clone()), job.created_at).unwrap();
    for reminder in [Reminder::ended(&job), watch, seen] {
        backend.reminders().send(&reminder, Duration::ZERO).await.unwrap();
        assert_eq!(next(backend).await, reminder);
    }
    assert_eq!(backend.receive().await, None);
}

pub(crate) async fn a_reminder_is_not_delivered_before_its_delay_is_over(backend: &dyn Backend) {
    let reminder = Reminder::ended(&PlannedJob::new(4).job);
    let (sent, delay) = (Instant::now(), Duration::from_secs(2));
    backend.reminders().send(&reminder, delay).await.unwrap();
    assert_eq!(next(backend).await, reminder);
    assert!(sent.elapsed() >= delay, "it came after {:?}", sent.elapsed());
}

pub(crate) async fn the_longest_delay_is_accepted(backend: &dyn Backend) {
    let reminder = Reminder::ended(&PlannedJob::new(4).job);
    backend.reminders().send(&reminder, Reminder::LONGEST_DELAY).await.unwrap();
    assert_eq!(backend.receive().await, None);
}
