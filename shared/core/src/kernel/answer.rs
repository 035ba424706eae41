use serde_json::Value;

use super::{
    Kernel,
    fault::{fault, guarded},
};
use crate::error::Result;

/// Returns the answer of a kernel from the partial of all rows, a JSON object.
///
/// # Errors
/// [`Error::Kernel`](crate::Error::Kernel) if the kernel panics, or its answer is not an object.
pub(super) fn answer<K: Kernel>(kernel: &K, partial: K::Partial) -> Result<Value> {
    match guarded("answer", || kernel.answer(partial)).map_err(fault::<K>)? {
        answer @ Value::Object(_) => Ok(answer),
        other => Err(fault::<K>(format!("its answer is not a JSON object: {other}"))),
    }
}
