use std::time::{Duration, Instant};

use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use pgfold_adapters::{EventBridge, new_job_id, sdk_config};
use serde_json::{Value, json};

/// An event bus of a test's own, with a rule that puts the events of jobs into a queue.
#[derive(Debug)]
pub struct EventBus {
    /// Its name.
    pub name: String,
    queues: aws_sdk_sqs::Client,
    queue_url: String,
}

impl EventBus {
    /// A new one.
    ///
    /// # Panics
    /// If the services of `make test` do not answer.
    pub async fn create() -> Self {
        let config = sdk_config().await;
        let name = format!("events-{}", new_job_id());
        let queues = aws_sdk_sqs::Client::new(&config);
        let created = queues.create_queue().queue_name(&name).send().await;
        let queue_url = created.expect("the queue service of `make test`").queue_url.unwrap();
        let (buses, arn) =
            (aws_sdk_eventbridge::Client::new(&config), arn(&queues, &queue_url).await);
        buses.create_event_bus().name(&name).send().await.expect("an event bus");
        let pattern =
            json!({ "source": [EventBridge::SOURCE], "detail-type": [EventBridge::DETAIL_TYPE] });
        let rule = buses.put_rule().name(&name).event_bus_name(&name);
        rule.event_pattern(pattern.to_string()).send().await.expect("a rule");
        let target = Target::builder().id("queue").arn(arn).build().unwrap();
        let targets = buses.put_targets().rule(&name).event_bus_name(&name).targets(target);
        targets.send().await.expect("a target");
        Self { name, queues, queue_url }
    }

    /// The events that came since this was last asked, as subscribers receive them; waits for some
    /// for a second.
    ///
    /// # Panics
    /// If the queue does not answer.
    pub async fn received(&self) -> Vec<Value> {
        let receive = self.queues.receive_message().queue_url(&self.queue_url);
        let receive = receive.max_number_of_messages(10).wait_time_seconds(1);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        let mut events = Vec::new();
        for message in messages {
            events.push(serde_json::from_str(message.body().unwrap()).unwrap());
            let delete = self.queues.delete_message().queue_url(&self.queue_url);
            delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        }
        events
    }

    /// So many events, which are on their way.
    ///
    /// # Panics
    /// If fewer come within a minute.
    pub async fn events_to_come(&self, count: usize) -> Vec<Value> {
        let (mut events, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(60));
        while events.len() < count {
            assert!(Instant::now() < deadline, "{} of {count} events came", events.len());
            events.extend(self.received().await);
        }
        events
    }
}

async fn arn(queues: &aws_sdk_sqs::Client, queue_url: &str) -> String {
    let name = QueueAttributeName::QueueArn;
    let got = queues.get_queue_attributes().queue_url(queue_url).attribute_names(name.clone());
    got.send().await.unwrap().attributes.unwrap().remove(&name).unwrap()
}
