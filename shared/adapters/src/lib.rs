//! The ports of `pgfold-core` over real services, and over memory.
//!
//! - [`PostgresSource`]: a table; [`postgres_catalogue`] returns the configured ones.
//! - [`SqsQueue`]: the messages between submit and mappers.
//! - [`DynamoDbStore`], [`ValkeyStore`]: the memory of jobs; [`open_store`] gives the one that is
//!   configured.
//! - [`deliver`]: an event of SQS, message by message.
//! - [`memory`]: the same ports without a service, for tests; they keep the same promises.
//! - [`CaFile`]: whose certificates are trusted, where not those that are embedded.
//! - [`config`]: every environment variable that pgfold reads.
//! - [`Metrics`]: what the functions count.
//! - [`xray`]: traces as AWS X-Ray writes them.

mod aws;
mod clock;
pub mod config;
mod delivery;
mod dynamodb;
mod iam_token;
mod job_id;
pub mod memory;
mod metrics;
mod postgres;
mod sqs;
mod store;
mod tls;
mod valkey;
pub mod xray;

pub use aws::sdk_config;
pub use clock::SystemClock;
pub use delivery::{Received, deliver};
pub use dynamodb::DynamoDbStore;
pub use job_id::new_job_id;
pub use metrics::{Metric, Metrics, NAMESPACE, Subject};
pub use postgres::{NotATableName, PostgresSource, SourceTable, TableName, postgres_catalogue};
pub use sqs::SqsQueue;
pub use store::open_store;
pub use tls::{CaFile, CaFileError};
pub use valkey::ValkeyStore;
