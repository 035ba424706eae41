//! The Lambda function behind `POST /tasks`, `POST /compute_min_distance` and `GET /sources`, which
//! schedules and workflows invoke directly.

use lambda_http::{
    Error,
    lambda_runtime::{run, service_fn},
    tracing,
};
use pgfold_adapters::{
    Metrics, SqsQueue, SystemClock,
    config::{self, DatabaseConfig, StoreConfig},
    open_reminders, open_store, postgres_catalogue, sdk_config,
};
use pgfold_core::Submitter;
use pgfold_submit::invocation::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let submitter = Submitter {
        catalogue: &postgres_catalogue(DatabaseConfig::from_env()?, &aws),
        queue: &SqsQueue::new(&aws, config::chunks_queue_url()?),
        reminders: &*open_reminders(config::reminders_queue_url().ok(), &aws),
        store: &*open_store(StoreConfig::from_env()?, &aws),
        clock: &SystemClock,
        policy: config::job_policy()?,
        mappers: config::mappers()?,
        answers_workflows: config::answers_workflows(),
    };
    let metrics = Metrics::new(config::deployment(), std::io::stdout());
    run(service_fn(|event| handler(&submitter, &metrics, event))).await
}
