//! The Lambda function behind the dead-letter queue.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    Metrics, S3Objects, SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_store, sdk_config,
};
use pgfold_core::{Recorder, StageEnd};
use pgfold_dead_letter::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let store = open_store(StoreConfig::from_env()?, &aws);
    let recorder = Recorder {
        end: StageEnd {
            store: &*store,
            objects: &S3Objects::new(&aws, config::objects_bucket()?),
            reducers: &SqsQueue::new(&aws, config::reductions_queue_url()?),
        },
        clock: &SystemClock,
    };
    let queue = SqsQueue::new(&aws, config::dead_letter_queue_url()?);
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&recorder, &queue, &metrics, event))).await
}
