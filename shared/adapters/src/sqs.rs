use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::{
    Client,
    types::{
        BatchResultErrorEntry, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
        QueueAttributeName, SendMessageBatchRequestEntry,
    },
};
use futures_util::{StreamExt, TryStreamExt, stream};
use pgfold_core::{Backlog, ChunkTask, Depth, Error, Queue, Reminder, Reminders, Result, Trace};

use crate::{aws::from_sdk, xray};

const SERVICE: &str = "sqs";

/// The most messages of one `SendMessageBatch`.
const BATCH: usize = 10;

/// The most times that a batch, or the refused part of it, is sent.
const ATTEMPTS: u32 = 3;

/// The time limit of sending all messages of a job. Submit must answer, and before that fail the
/// job if necessary, while its caller still waits.
const SEND_TIMEOUT: Duration = Duration::from_secs(8);

/// The number of batches that are sent concurrently.
const AT_ONCE: usize = 32;

/// The time limit of setting a delay. It is short because a delay is optional and other messages
/// wait.
const DELAY_TIMEOUT: Duration = Duration::from_secs(1);

/// A standard SQS queue, of chunk tasks or of reminders.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    queue_url: String,
}

impl SqsQueue {
    /// Makes a client of the queue at `queue_url`.
    pub fn new(config: &SdkConfig, queue_url: impl Into<String>) -> Self {
        Self { client: Client::new(config), queue_url: queue_url.into() }
    }

    /// Returns whether an event has messages of this queue.
    pub fn is_source_of(&self, event: &SqsEvent) -> bool {
        is_source_of(&self.queue_url, event)
    }

    /// Sends at most [`BATCH`] messages. SQS accepts or refuses each message separately, so only
    /// the refused ones are sent again.
    async fn send_batch(&self, tasks: &[ChunkTask]) -> Result<()> {
        let mut waiting = entries(tasks)?;
        let mut attempt = 1;
        loop {
            let sent = self
                .client
                .send_message_batch()
                .queue_url(&self.queue_url)
                .set_entries(Some(waiting.clone()))
                .send()
                .await
                .map_err(|error| from_sdk(SERVICE, error))?;
            let Some(first) = sent.failed().first() else { return Ok(()) };
            if attempt == ATTEMPTS || sent.failed().iter().any(BatchResultErrorEntry::sender_fault)
            {
                let (refused, all) = (sent.failed().len(), tasks.len());
                let reason = format!("{refused} of {all} messages were refused ({})", first.code());
                let words = first.message().unwrap_or_else(|| first.code()).to_owned();
                return Err(Error::unavailable_because(SERVICE, reason, words));
            }
            waiting.retain(|entry| sent.failed().iter().any(|failed| failed.id() == entry.id()));
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            attempt += 1;
        }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, tasks: &[ChunkTask]) -> Result<()> {
        let batches: Vec<_> = tasks.chunks(BATCH).map(|batch| self.send_batch(batch)).collect();
        let batches = stream::iter(batches).buffer_unordered(AT_ONCE);
        let batches = batches.try_for_each(async |()| Ok(()));
        match tokio::time::timeout(SEND_TIMEOUT, batches).await {
            Ok(sent) => sent,
            Err(elapsed) => Err(Error::unavailable(SERVICE, elapsed)),
        }
    }

    async fn delay(&self, receipt: &str, delay: Duration) -> Result<()> {
        let change = self
            .client
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX))
            .send();
        match tokio::time::timeout(DELAY_TIMEOUT, change).await {
            Ok(changed) => changed.map(drop).map_err(|error| from_sdk(SERVICE, error)),
            Err(elapsed) => Err(Error::unavailable(SERVICE, elapsed)),
        }
    }
}

#[async_trait]
impl Reminders for SqsQueue {
    async fn send(&self, reminder: &Reminder, delay: Duration) -> Result<()> {
        let sent = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(reminder.to_json()?)
            .message_system_attributes(
                MessageSystemAttributeNameForSends::from(xray::MESSAGE_ATTRIBUTE),
                trace_attribute(&reminder.trace)?,
            )
            .delay_seconds(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX))
            .send();
        match tokio::time::timeout(SEND_TIMEOUT, sent).await {
            Ok(sent) => sent.map(drop).map_err(|error| from_sdk(SERVICE, error)),
            Err(elapsed) => Err(Error::unavailable(SERVICE, elapsed)),
        }
    }
}

#[async_trait]
impl Backlog for SqsQueue {
    async fn depth(&self) -> Result<Depth> {
        let [waiting, in_flight] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let got = self
            .client
            .get_queue_attributes()
            .queue_url(&self.queue_url)
            .attribute_names(waiting.clone())
            .attribute_names(in_flight.clone())
            .send()
            .await
            .map_err(|error| from_sdk(SERVICE, error))?;
        let number = |name| {
            let text = got.attributes().and_then(|attributes| attributes.get(&name));
            let number = text.and_then(|text| text.parse().ok());
            number.ok_or_else(|| Error::unavailable(SERVICE, format!("{name} is {text:?}")))
        };
        Ok(Depth { waiting: number(waiting)?, in_flight: number(in_flight)? })
    }
}

/// Returns whether an event has messages of the queue at a URL. The URL and the ARN of a queue end
/// with its name.
fn is_source_of(queue_url: &str, event: &SqsEvent) -> bool {
    let name = queue_url.rsplit('/').next();
    let arn = event.records.first().and_then(|message| message.event_source_arn.as_deref());
    arn.is_some_and(|arn| arn.rsplit(':').next() == name)
}

fn entries(tasks: &[ChunkTask]) -> Result<Vec<SendMessageBatchRequestEntry>> {
    let entry = |task: &ChunkTask| {
        SendMessageBatchRequestEntry::builder()
            .id(task.chunk.to_string())
            .message_body(task.to_json()?)
            .message_system_attributes(
                MessageSystemAttributeNameForSends::from(xray::MESSAGE_ATTRIBUTE),
                trace_attribute(&task.trace)?,
            )
            // On a standard queue a group id keeps a job of many chunks from delaying other jobs.
            .message_group_id(task.job_id.to_string())
            .build()
            .map_err(|error| Error::unavailable(SERVICE, error))
    };
    tasks.iter().map(entry).collect()
}

/// Returns the attribute of a message that carries a trace.
fn trace_attribute(trace: &Trace) -> Result<MessageSystemAttributeValue> {
    MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value(&trace.context)
        .build()
        .map_err(|error| Error::unavailable(SERVICE, error))
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsMessage;

    use super::*;

    #[test]
    fn a_queue_is_the_source_of_events_with_its_name() {
        let mut message = SqsMessage::default();
        message.event_source_arn = Some("arn:aws:sqs:eu-west-1:123456789012:pgfold-b".to_owned());
        let mut event = SqsEvent::default();
        let url = |name| format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}");
        assert!(!is_source_of(&url("pgfold-b"), &event), "an event without messages");
        event.records.push(message);
        assert!(is_source_of(&url("pgfold-b"), &event));
        for other in ["pgfold-a", "pgfold-b-2", "b"] {
            assert!(!is_source_of(&url(other), &event), "{other}");
        }
    }
}
