use aws_config::SdkConfig;
use pgfold_core::Store;

use crate::{DynamoDbStore, ValkeyStore, config::StoreConfig};

/// The store that is configured. `aws` is waited for only if that store is AWS's.
pub async fn open_store(
    config: StoreConfig,
    aws: impl Future<Output = SdkConfig>,
) -> Box<dyn Store> {
    match config {
        StoreConfig::DynamoDb { table } => Box::new(DynamoDbStore::new(&aws.await, table)),
        StoreConfig::Valkey(config) => Box::new(ValkeyStore::new(*config)),
    }
}
