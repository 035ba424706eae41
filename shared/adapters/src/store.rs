use aws_config::SdkConfig;
use pgfold_core::Store;

use crate::{DynamoDbStore, ValkeyStore, config::StoreConfig};

/// Opens the configured store.
pub fn open_store(config: StoreConfig, aws: &SdkConfig) -> Box<dyn Store> {
    match config {
        StoreConfig::DynamoDb { table } => Box::new(DynamoDbStore::new(aws, table)),
        StoreConfig::Valkey(config) => Box::new(ValkeyStore::new(aws, *config)),
    }
}
