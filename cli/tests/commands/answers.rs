//! Answers of the server, as the API documents them.

use serde_json::{Value, json};

use crate::server::{Step, answer};

pub(crate) const ID: &str = "agg_01a20520-86a3-7273-ad1a-135e6a93b9eb";

pub(crate) fn submitted() -> Step {
    answer(200, json!({ "status": "task submitted", "task_id": ID, "chunks": 4 }))
}

fn task(state: &str, more: Value) -> Value {
    let mut task = json!({
        "task_id": ID,
        "state": state,
        "source": "points", "columns": ["x1", "y1", "x2", "y2"],
        "kernel": "min_distance", "params": { "metric": "euclidean" },
        "execution": "streaming", "consistency": "per-chunk",
        "created_at": "2026-11-23T05:00:00.123Z",
        "deadline": "2026-11-23T06:00:00.123Z", "expires_at": "2026-11-24T05:00:00.123Z",
        "estimated_rows": 1_000_000,
    });
    let (Value::Object(fields), Value::Object(more)) = (&mut task, more) else { panic!("objects") };
    fields.extend(more);
    task
}

pub(crate) fn pending() -> Value {
    task(
        "pending",
        json!({
            "progress": { "done": 2, "total": 4 }, "rows": 500_000, "skipped": 0,
            "elapsed_ms": 1_234, "map_ms": 900, "cost_usd": 0.0000123,
            "answer_so_far": { "distance": 0.25, "pair": { "id": 7, "x1": 1.5 } },
            "chunks": [{ "chunk": 1, "start": 250_001, "end": null, "state": "open" }],
        }),
    )
}

pub(crate) fn completed() -> Value {
    task(
        "completed",
        json!({
            "progress": { "done": 4, "total": 4 }, "rows": 1_000_000, "skipped": 3,
            "elapsed_ms": 430, "map_ms": 1_409, "balance": 1.01, "cost_usd": 0.000046311,
            "consistency_reached": "snapshot",
            "answer": {
                "distance": 0.05579301044980968,
                "pair": { "id": 61239, "x1": 65.76858534432826, "y1": 87.28418529886409 },
            },
        }),
    )
}

pub(crate) fn failed() -> Value {
    task(
        "failed",
        json!({
            "progress": { "done": 3, "total": 4 }, "rows": 750_000, "elapsed_ms": null,
            "error": "1 of 4 chunks failed",
            "failed_chunks": [{ "chunk": 2, "error": "column \"x1\" does not\n\u{1b}[31mexist" }],
        }),
    )
}

pub(crate) fn cancelled() -> Value {
    task("cancelled", json!({ "elapsed_ms": null }))
}

pub(crate) fn expired() -> Value {
    task("expired", json!({}))
}

pub(crate) fn unknown() -> Step {
    answer(404, json!({ "status": "task unknown", "error": format!("there is no task {ID}") }))
}
