//! The Lambda function behind the queue of chunks.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    PostgresSource, SystemClock,
    config::{self, DatabaseConfig, StoreConfig},
    open_store, sdk_config,
};
use pgfold_core::Mapper;
use pgfold_mapper::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let mapper = Mapper {
        source: &PostgresSource::new(DatabaseConfig::from_env()?),
        store: &*open_store(StoreConfig::from_env()?, sdk_config()).await,
        clock: &SystemClock,
    };
    let max_attempts = config::max_attempts()?;
    run(service_fn(|event| handler(&mapper, max_attempts, event))).await
}
