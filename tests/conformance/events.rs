//! The promises of where it is announced how jobs ended.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use pgfold_adapters::{EventBridge, memory::MemoryEvents, new_job_id, sdk_config};
use pgfold_core::{Ending, Event, Events, Timestamp};
use serde_json::{Value, json};

/// A backend with a subscriber.
#[async_trait]
pub(crate) trait Backend: Sync {
    /// The end that is tested.
    fn events(&self) -> &dyn Events;

    /// The details that the subscriber received, once there are `count`.
    async fn received(&self, count: usize) -> Vec<Value>;
}

#[async_trait]
impl Backend for MemoryEvents {
    fn events(&self) -> &dyn Events {
        self
    }

    async fn received(&self, _: usize) -> Vec<Value> {
        let detail = |event: Event| serde_json::from_str(&event.detail).unwrap();
        self.announced().into_iter().map(detail).collect()
    }
}

/// An event bus of the test's own, with a rule that puts its events into a queue.
pub(crate) struct Bus {
    events: EventBridge,
    queues: aws_sdk_sqs::Client,
    url: String,
}

impl Bus {
    pub(crate) async fn create() -> Self {
        let config = sdk_config().await;
        let queues = aws_sdk_sqs::Client::new(&config);
        let name = format!("events-{}", new_job_id());
        let created = queues.create_queue().queue_name(&name).send().await;
        let url = created.expect("the queue service of `make test`").queue_url.unwrap();
        let buses = aws_sdk_eventbridge::Client::new(&config);
        buses.create_event_bus().name(&name).send().await.expect("an event bus");
        let pattern = json!({
            "source": [EventBridge::SOURCE], "detail-type": [EventBridge::DETAIL_TYPE]
        });
        let rule = buses.put_rule().name(&name).event_bus_name(&name);
        rule.event_pattern(pattern.to_string()).send().await.expect("a rule");
        let arn = queues
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(aws_sdk_sqs::types::QueueAttributeName::QueueArn)
            .send()
            .await
            .unwrap();
        let arn = arn.attributes.unwrap().into_values().next().unwrap();
        let target = aws_sdk_eventbridge::types::Target::builder().id("queue").arn(arn);
        let targets = buses.put_targets().rule(&name).event_bus_name(&name);
        targets.targets(target.build().unwrap()).send().await.expect("a target");
        Self { events: EventBridge::new(&config, name), queues, url }
    }
}

#[async_trait]
impl Backend for Bus {
    fn events(&self) -> &dyn Events {
        &self.events
    }

    async fn received(&self, count: usize) -> Vec<Value> {
        let (mut details, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(60));
        while details.len() < count && Instant::now() < deadline {
            let receive = self.queues.receive_message().queue_url(&self.url);
            let received = receive.wait_time_seconds(1).send().await.unwrap();
            for message in received.messages.unwrap_or_default() {
                let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                assert_eq!(
                    (&event["source"], &event["detail-type"]),
                    (&json!("pgfold"), &json!("Job ended"))
                );
                assert_eq!(event["time"], "1970-01-01T00:16:40Z");
                details.push(event["detail"].clone());
                let delete = self.queues.delete_message().queue_url(&self.url);
                delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
        details
    }
}

fn event(id: &str, detail: &Value) -> Event {
    Event {
        id: id.to_owned(),
        job_id: new_job_id(),
        ending: Ending::Completed,
        at: Timestamp::from_millis(1_000_000),
        detail: detail.to_string(),
    }
}

pub(crate) async fn a_subscriber_receives_each_event(backend: &dyn Backend) {
    let sent: Vec<Value> = (0..3).map(|number| json!({ "number": number, "é": "\"" })).collect();
    for detail in &sent {
        backend.events().announce(&event(&detail["number"].to_string(), detail)).await.unwrap();
    }
    let mut received = backend.received(3).await;
    received.sort_by_key(|detail| detail["number"].as_u64());
    assert_eq!(received, sent);
}

pub(crate) async fn the_longest_event_is_accepted(backend: &dyn Backend) {
    let detail = json!({ "long": "€".repeat(Event::MOST_BYTES / 3 - 10) });
    assert!(detail.to_string().len() <= Event::MOST_BYTES);
    backend.events().announce(&event("long", &detail)).await.unwrap();
    assert_eq!(backend.received(1).await, [detail]);
}

/// Events of a bus that does not exist are refused, not lost.
pub(crate) async fn a_bus_that_does_not_exist_is_an_error() {
    let events = EventBridge::new(&sdk_config().await, "no-such-bus-of-these-tests");
    let announced = events.announce(&event("lost", &json!({}))).await;
    assert!(announced.is_err(), "{announced:?}");
}
