//! What pgfold's tests need of the world: the running local cloud, tables of their own, a
//! platform that invokes functions, jobs and records.

mod cache_user;
pub mod doubles;
mod event;
mod event_bus;
pub mod formats;
mod gate;
mod process;
mod random;
mod sample;
mod schema;
mod store_kind;
mod template;
mod valkey_node;

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use lambda_runtime::Context;
use tokio_postgres::Config;

pub use cache_user::CacheUser;
pub use event::{http_event, sqs_event};
pub use event_bus::EventBus;
pub use gate::Gate;
pub use process::{Ended, FunctionProcess};
pub use random::Random;
pub use sample::{PlannedJob, catalogue, min_distance, numbers};
pub use schema::{TestSchema, connect, pooled};
pub use store_kind::StoreKind;
pub use template::{Deployed, Template, checkout};
pub use valkey_node::ValkeyNode;

/// The context of an invocation that has a minute's time.
pub fn invocation() -> Context {
    let deadline = SystemTime::now() + Duration::from_secs(60);
    let since_epoch = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut context = Context::default();
    context.deadline = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    context
}

/// The AWS of what does not ask it.
pub fn no_aws() -> SdkConfig {
    SdkConfig::builder().build()
}

/// The value of an environment variable that the local cloud sets.
///
/// # Panics
/// If it is not set, saying how to start the local cloud: a test that cannot reach its service
/// has failed.
pub fn local_cloud(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set; run `make test`, which starts a local cloud for the tests")
    })
}

/// The local cloud's database, if it is one that tests may drop schemas of and shut.
///
/// # Panics
/// If it is not, saying how to get one.
pub fn disposable_database() -> Config {
    local_cloud("DISPOSABLE_DATABASE");
    local_cloud("DATABASE_URL").parse().expect("DATABASE_URL of the local cloud")
}
