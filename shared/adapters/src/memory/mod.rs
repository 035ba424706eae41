//! The ports in memory, in their simplest form, for tests. A function never falls back to them.

mod events;
mod filter;
mod objects;
mod queue;
mod reminders;
mod source;
mod store;
mod workflows;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use events::MemoryEvents;
pub use objects::MemoryObjects;
pub use queue::MemoryQueue;
pub use reminders::MemoryReminders;
pub use source::MemorySource;
pub use store::MemoryStore;
pub use workflows::MemoryWorkflows;

/// Locks a mutex even if a thread panicked while it held it. The value is whole, because every
/// change is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
