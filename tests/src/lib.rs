//! What pgfold's tests need of the world: the running local cloud, and tables of their own.

mod gate;
mod schema;

pub use gate::Gate;
pub use schema::{TestSchema, connect};

/// The value of an environment variable that the local cloud sets.
///
/// # Panics
/// If it is not set, saying how to start the local cloud: a test that cannot reach its service
/// has failed.
pub fn local_cloud(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set; run `make test`, which starts the local cloud for the tests, \
             or `make up` and then `set -a; . .local/env; set +a`"
        )
    })
}
