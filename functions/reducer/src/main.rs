//! The Lambda function behind the queue of reductions.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    FileFormats, Metrics, S3Objects, SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_reminders, open_store, sdk_config,
};
use pgfold_core::{Recorder, Reducer, StageEnd};
use pgfold_reducer::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let (store, objects) = (
        open_store(StoreConfig::from_env()?, &aws),
        S3Objects::new(&aws, config::objects_bucket()?),
    );
    let reminders = open_reminders(config::reminders_queue_url().ok(), &aws);
    let queue = SqsQueue::new(&aws, config::reductions_queue_url()?);
    let reducer = Reducer {
        recorder: Recorder {
            end: StageEnd {
                store: &*store,
                objects: &objects,
                reducers: &queue,
                reminders: &*reminders,
            },
            clock: &SystemClock,
        },
        objects: &objects,
        files: &objects,
        encoders: &FileFormats,
    };
    let max_attempts = config::max_attempts()?;
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&reducer, &queue, &metrics, max_attempts, event))).await
}
