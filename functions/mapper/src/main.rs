//! The Lambda function behind the queue of chunks.

use lambda_runtime::{Error, run, service_fn, tracing};
use pgfold_adapters::{
    DynamoDbStore, PostgresSource, SystemClock,
    config::{self, DatabaseConfig},
    sdk_config,
};
use pgfold_core::Mapper;
use pgfold_mapper::handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let mapper = Mapper {
        source: &PostgresSource::new(DatabaseConfig::from_env()?),
        store: &DynamoDbStore::new(&sdk_config().await, config::jobs_table()?),
        clock: &SystemClock,
    };
    let max_attempts = config::max_attempts()?;
    run(service_fn(|event| handler(&mapper, max_attempts, event))).await
}
