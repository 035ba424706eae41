//! The Lambda function behind the queue of reductions.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    Metrics, S3Objects, SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_store, sdk_config,
};
use pgfold_core::Reducer;
use pgfold_reducer::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let reducer = Reducer {
        store: &*open_store(StoreConfig::from_env()?, &aws),
        objects: &S3Objects::new(&aws, config::objects_bucket()?),
        clock: &SystemClock,
    };
    let queue = SqsQueue::new(&aws, config::reductions_queue_url()?);
    let max_attempts = config::max_attempts()?;
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&reducer, &queue, &metrics, max_attempts, event))).await
}
