use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    Client,
    primitives::DateTime,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use pgfold_core::{Error, Event, Events, Result};

use crate::aws::from_sdk;

const SERVICE: &str = "eventbridge";

/// An event bus of EventBridge.
///
/// Every event has the source [`EventBridge::SOURCE`] and the type [`EventBridge::DETAIL_TYPE`];
/// rules choose by its detail.
#[derive(Debug, Clone)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The source of every event.
    pub const SOURCE: &str = "pgfold";

    /// The type of every event.
    pub const DETAIL_TYPE: &str = "Job ended";

    /// Makes a client of the event bus with this name.
    pub fn new(config: &SdkConfig, bus: impl Into<String>) -> Self {
        Self { client: Client::new(config), bus: bus.into() }
    }
}

#[async_trait]
impl Events for EventBridge {
    async fn announce(&self, event: &Event) -> Result<()> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(Self::SOURCE)
            .detail_type(Self::DETAIL_TYPE)
            .time(DateTime::from_millis(event.at.as_millis().cast_signed()))
            .detail(&event.detail)
            .build();
        let put = self.client.put_events().entries(entry).send().await;
        let put = put.map_err(|error| from_sdk(SERVICE, error))?;
        // EventBridge accepts or refuses each event separately.
        match put.entries().first() {
            Some(PutEventsResultEntry { error_code: Some(code), error_message, .. }) => {
                let words = error_message.clone().unwrap_or_else(|| code.clone());
                let reason = format!("the event {} was refused ({code})", event.id);
                Err(Error::unavailable_because(SERVICE, reason, words))
            }
            _ => Ok(()),
        }
    }
}
