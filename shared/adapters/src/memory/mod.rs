//! The ports without a service: what the others promise, in its plainest form. For tests; a
//! function never falls back to them.

mod queue;
mod source;
mod store;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use queue::MemoryQueue;
pub use source::MemorySource;
pub use store::MemoryStore;

/// A panic of another thread leaves whole values behind, as each is changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
