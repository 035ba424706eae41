use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::Kernel;
use crate::{bounded::bounded, error::Error};

/// What `call` returns; if it panics, a problem that names `step` and what the panic said.
pub(super) fn guarded<T>(step: &str, call: impl FnOnce() -> T) -> Result<T, String> {
    // Callers drop what the call may have left half done.
    catch_unwind(AssertUnwindSafe(call))
        .map_err(|panic| bounded(format!("its {step} panicked: {}", message(&*panic))))
}

/// The words of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

/// The fault of a kernel that broke its own promise.
pub(super) fn fault<K: Kernel>(problem: impl std::fmt::Display) -> Error {
    Error::Kernel { kernel: K::NAME, problem: bounded(problem) }
}
