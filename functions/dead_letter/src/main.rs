//! The Lambda function behind the dead-letter queues of mappers and reducers.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use pgfold_adapters::{
    Metrics, S3Objects, SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_reminders, open_store, sdk_config,
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
            reminders: &*open_reminders(config::reminders_queue_url().ok(), &aws),
        },
        clock: &SystemClock,
    };
    let of_mappers = SqsQueue::new(&aws, config::dead_letter_queue_url()?);
    let of_reducers = SqsQueue::new(&aws, config::reductions_dead_letter_queue_url()?);
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    let handle = |event: LambdaEvent<SqsEvent>| {
        let is_reduction = of_reducers.is_source_of(&event.payload);
        let queue = if is_reduction { &of_reducers } else { &of_mappers };
        handler(&recorder, queue, &metrics, event)
    };
    run(service_fn(handle)).await
}
