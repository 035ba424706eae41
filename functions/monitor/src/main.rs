//! The Lambda function behind `DELETE /tasks/{task_id}` and `POST /tasks/{task_id}/retry`.

use lambda_http::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    SqsQueue, SystemClock,
    config::{self, StoreConfig},
    open_store, sdk_config,
};
use pgfold_core::JobControl;
use pgfold_monitor::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = sdk_config().await;
    let control = JobControl {
        store: &*open_store(StoreConfig::from_env()?, &aws),
        queue: &SqsQueue::new(&aws, config::chunks_queue_url()?),
        clock: &SystemClock,
        policy: config::job_policy()?,
    };
    run(service_fn(|request| handler(&control, request))).await
}
