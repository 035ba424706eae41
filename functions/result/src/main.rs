//! The Lambda function behind `GET /get_min_distance/{task_id}`.

use lambda_http::{Error, run, service_fn, tracing};
use pgfold_adapters::{SystemClock, config::StoreConfig, open_store, sdk_config};
use pgfold_result::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let store = open_store(StoreConfig::from_env()?, &sdk_config().await);
    run(service_fn(|request| handler(&*store, &SystemClock, request))).await
}
