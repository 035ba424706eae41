//! The ports of `pgfold-core` over real services, and over memory.
//!
//! - [`PostgresSource`]: a source in PostgreSQL; [`postgres_catalogue`] returns the configured
//!   ones.
//! - [`SqsQueue`]: the queue between submit and mappers.
//! - [`EventBridge`]: where endings of jobs are announced. [`open_reminders`] opens the queue that
//!   leads there, if endings are announced.
//! - [`StepFunctions`]: state machines whose tasks wait for jobs.
//! - [`DynamoDbStore`], [`ValkeyStore`]: stores of jobs; [`open_store`] opens the configured one.
//! - [`S3Objects`]: objects in S3, for partials that are too large for the store, and the files of
//!   results.
//! - [`FileFormats`]: the formats of these files.
//! - [`deliver`]: handles an event of SQS, message by message; [`Attempts`] does the work of each.
//! - [`memory`]: the same ports in memory, for tests; they keep the same promises.
//! - [`CaFile`]: certificate authorities to trust instead of the embedded ones.
//! - [`config`]: every environment variable that pgfold reads.
//! - [`Metrics`]: what the functions count.
//! - [`xray`]: traces as AWS X-Ray writes them.

mod attempts;
mod aws;
mod clock;
pub mod config;
mod delivery;
mod dynamodb;
mod eventbridge;
mod formats;
mod iam_token;
mod job_id;
pub mod memory;
mod metrics;
mod postgres;
mod reminders;
mod s3;
mod sqs;
mod step_functions;
mod store;
mod tls;
mod valkey;
pub mod xray;

pub use attempts::{Attempts, Invocation, Work};
pub use aws::sdk_config;
pub use clock::SystemClock;
pub use delivery::{Content, NoMessageId, Received, deliver};
pub use dynamodb::DynamoDbStore;
pub use eventbridge::EventBridge;
pub use formats::FileFormats;
pub use job_id::new_job_id;
pub use metrics::{Metric, Metrics, NAMESPACE, Subject};
pub use postgres::{NotATableName, PostgresSource, SourceTable, TableName, postgres_catalogue};
pub use reminders::{Unannounced, open_reminders};
pub use s3::S3Objects;
pub use sqs::SqsQueue;
pub use step_functions::StepFunctions;
pub use store::open_store;
pub use tls::{CaFile, CaFileError};
pub use valkey::ValkeyStore;
