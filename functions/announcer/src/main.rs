//! The Lambda function behind the queue of reminders.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    EventBridge, Metrics, S3Objects, SqsQueue, StepFunctions, SystemClock,
    config::{self, StoreConfig},
    open_store, sdk_config,
};
use pgfold_announcer::handler;
use pgfold_api::{JobEnded, server::Place};
use pgfold_core::{Announcer, Ended};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let queue = SqsQueue::new(&aws, config::reminders_queue_url()?);
    let place = Place { deployment: config::deployment(), bucket: config::objects_bucket()? };
    let announcer = Announcer {
        store: &*open_store(StoreConfig::from_env()?, &aws),
        objects: &S3Objects::new(&aws, place.bucket.clone()),
        reminders: &queue,
        events: &EventBridge::new(&aws, config::event_bus()),
        workflows: &StepFunctions::new(&aws),
        clock: &SystemClock,
        detail: &|ended: &Ended| JobEnded::new(ended, &place).to_json(),
    };
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&announcer, &queue, &metrics, event))).await
}
