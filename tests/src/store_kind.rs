use pgfold_adapters::{
    config::{StoreConfig, ValkeyConfig},
    open_store, sdk_config,
};
use pgfold_core::Store;

use crate::local_cloud;

/// A kind of store that the local cloud has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// DynamoDB.
    DynamoDb,
    /// Valkey.
    Valkey,
}

impl StoreKind {
    /// How a function finds the store of the local cloud.
    ///
    /// # Panics
    /// If no local cloud runs.
    pub fn config(self) -> StoreConfig {
        match self {
            Self::DynamoDb => StoreConfig::DynamoDb { table: local_cloud("JOBS_TABLE") },
            Self::Valkey => {
                let config = ValkeyConfig::new(&local_cloud("VALKEY_URL"), false);
                StoreConfig::Valkey(Box::new(config.expect("VALKEY_URL of the local cloud")))
            }
        }
    }

    /// The store of the local cloud.
    ///
    /// # Panics
    /// If no local cloud runs.
    pub async fn open(self) -> Box<dyn Store> {
        open_store(self.config(), &sdk_config().await)
    }
}
