//! A job for examples to change.

use serde_json::{Value, json};

use super::examples::{TASK_ID, TRACE_ID};

/// A job of the kernel `summary` in this state.
pub(super) fn job(state: &str) -> Value {
    json!({
        "task_id": TASK_ID, "trace_id": TRACE_ID, "state": state,
        "source": "points", "columns": ["x1"], "kernel": "summary", "params": {},
        "execution": "streaming", "consistency": "per-chunk",
        "created_at": "2026-11-22T12:00:00Z", "deadline": "2026-11-22T13:00:00Z",
        "expires_at": "2026-11-23T12:00:00Z",
        "progress": { "done": 1, "total": 2 },
        "estimated_rows": 1_000_000, "rows": 499_592, "skipped": 0, "elapsed_ms": null,
        "map_ms": 366, "failed_attempts": 5, "cost_usd": 0.000023
    })
}

/// Adds fields to a job, or replaces them.
pub(super) fn with(mut job: Value, fields: Value) -> Value {
    if let (Value::Object(job), Value::Object(fields)) = (&mut job, fields) {
        job.extend(fields);
    }
    job
}

/// A completed job of the kernel `summary`, without its answer.
pub(super) fn completed() -> Value {
    with(
        job("completed"),
        json!({
            "progress": { "done": 2, "total": 2 },
            "rows": 1_000_000, "elapsed_ms": 437, "map_ms": 737, "failed_attempts": 0
        }),
    )
}
