//! The promises of where it is announced how jobs ended.

use async_trait::async_trait;
use pgfold_adapters::{EventBridge, memory::MemoryEvents, new_job_id, sdk_config};
use pgfold_core::{Ending, Event, Events, Timestamp};
use pgfold_tests::EventBus;
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

/// An event bus of the test's own.
pub(crate) struct Bus {
    events: EventBridge,
    bus: EventBus,
}

impl Bus {
    pub(crate) async fn create() -> Self {
        let bus = EventBus::create().await;
        Self { events: EventBridge::new(&sdk_config().await, &bus.name), bus }
    }
}

#[async_trait]
impl Backend for Bus {
    fn events(&self) -> &dyn Events {
        &self.events
    }

    async fn received(&self, count: usize) -> Vec<Value> {
        let events = self.bus.events_to_come(count).await.into_iter();
        let detail = |event: Value| {
            assert_eq!(
                (&event["source"], &event["detail-type"]),
                (&json!("pgfold"), &json!("Job ended"))
            );
            event["detail"].clone()
        };
        events.map(detail).collect()
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
