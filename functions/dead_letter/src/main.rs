//! The Lambda function behind the dead-letter queue.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    Metrics, SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_store, sdk_config,
};
use pgfold_dead_letter::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let store = open_store(StoreConfig::from_env()?, &aws);
    let queue = SqsQueue::new(&aws, config::dead_letter_queue_url()?);
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&*store, &SystemClock, &queue, &metrics, event))).await
}
