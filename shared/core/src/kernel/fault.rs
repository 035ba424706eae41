use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::Kernel;
use crate::{bounded::bounded, error::Error};

/// Runs `call` and returns its result; if it panics, returns a problem that names `step` and has
/// the panic's message.
pub(super) fn guarded<T>(step: &str, call: impl FnOnce() -> T) -> Result<T, String> {
    // Unwind safe because callers drop all state that a panic may have left half changed.
    catch_unwind(AssertUnwindSafe(call))
        .map_err(|panic| bounded(format!("its {step} panicked: {}", message(&*panic))))
}

/// Returns the message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

/// Makes the error of a kernel that broke its contract.
pub(super) fn fault<K: Kernel>(problem: impl std::fmt::Display) -> Error {
    Error::Kernel { kernel: K::NAME, problem: bounded(problem) }
}
