//! The Lambda function behind the dashboard and the routes that it calls.

use lambda_http::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    S3Objects, SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_reminders, open_store, sdk_config,
};
use pgfold_core::JobControl;
use pgfold_jobs::{Backlogs, Jobs, handler};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let queue = |url| SqsQueue::new(&aws, url);
    let (chunks, reductions) =
        (queue(config::chunks_queue_url()?), queue(config::reductions_queue_url()?));
    let objects = S3Objects::new(&aws, config::objects_bucket()?);
    let jobs = Jobs {
        control: JobControl {
            reminders: &*open_reminders(config::reminders_queue_url().ok(), &aws),
            store: &*open_store(StoreConfig::from_env()?, &aws),
            queue: &chunks,
            reducers: &reductions,
            clock: &SystemClock,
            policy: config::job_policy()?,
        },
        objects: &objects,
        files: &objects,
        backlogs: Backlogs {
            chunks: &chunks,
            reductions: &reductions,
            dead_letters: [
                &queue(config::dead_letter_queue_url()?),
                &queue(config::reductions_dead_letter_queue_url()?),
            ],
            poison: &queue(config::poison_queue_url()?),
        },
    };
    run(service_fn(|request| handler(&jobs, request))).await
}
