use serde_json::{Map, Value, json};

use crate::{ErrorBody, KernelList, Problem};

pub(super) const TASK_ID: &str = "agg_01a2044c-531b-7494-94fc-6bbdf6334f32";
pub(super) const TRACE_ID: &str = "1-6b02d940-bd862e3fe1be46a994272793";

/// A request for each kernel, over the first columns of the source, and some for its options.
pub(super) fn requests(kernels: &KernelList) -> Value {
    let of_kernel = kernels.kernels.iter().map(|kernel| {
        let mut request = json!({ "kernel": kernel.kernel });
        if let Some(params) = &kernel.example {
            request["params"] = params.clone();
        }
        (kernel.kernel.0.clone(), json!({ "value": request }))
    });
    let mut examples: Map<String, Value> = of_kernel.collect();
    let columns = ["x1", "y1", "x2", "y2"];
    for (name, request) in [
        ("columns", json!({ "kernel": "summary", "columns": ["x1"], "source": "points" })),
        ("snapshot", json!({ "kernel": "distinct", "consistency": "snapshot", "chunks": 2 })),
        (
            "pushdown",
            json!({ "kernel": "min_distance", "columns": columns, "execution": "pushdown" }),
        ),
    ] {
        examples.insert(name.to_owned(), json!({ "value": request }));
    }
    examples.into()
}

pub(super) fn submitted() -> Vec<(&'static str, Value)> {
    let submitted = json!({
        "status": "task submitted", "task_id": TASK_ID, "chunks": 4, "trace_id": TRACE_ID
    });
    let mut snapshot = submitted.clone();
    snapshot["snapshot_held_ms"] = json!(63);
    let dry_run = json!({
        "status": "dry run", "source": "points", "kernel": "min_distance",
        "columns": ["x1", "y1", "x2", "y2"], "execution": "streaming", "consistency": "per-chunk",
        "estimated_rows": 1_000_000, "estimated_seconds": 0.6, "estimated_cost_usd": 0.000034316,
        "connections": 2,
        "chunks": [
            { "chunk": 0, "start": 1, "end": 499_593 },
            { "chunk": 1, "start": 499_593, "end": 1_000_001 }
        ]
    });
    let mut of_snapshot = dry_run.clone();
    of_snapshot["consistency"] = json!("snapshot");
    of_snapshot["connections"] = json!(3);
    of_snapshot["chunks"] = json!([
        { "chunk": 0, "blocks": [{ "relation": 16389, "start": 0, "end": 4167 }] },
        { "chunk": 1, "blocks": [{ "relation": 16389, "start": 4167, "end": null }] }
    ]);
    vec![
        ("submitted", submitted),
        ("snapshot", snapshot),
        ("dry_run", dry_run),
        ("dry_run_of_a_snapshot", of_snapshot),
    ]
}

/// The receipts of two chunks, with their rows.
fn chunks() -> [Value; 2] {
    let chunk = |chunk: u16, [start, end]: [u64; 2], map_ms: u64| {
        json!({
            "chunk": chunk, "start": start, "end": end,
            "rows": end - start, "skipped": 0, "attempts": 1, "duplicates_discarded": 0,
            "queue_ms": 42, "map_ms": map_ms, "read_ms": map_ms - 83, "fold_ms": 61,
            "snapshot": "1160:1160:", "recorded_at": "2026-11-22T12:00:00.430Z"
        })
    };
    [chunk(0, [1, 499_593], 366), chunk(1, [499_593, 1_000_001], 371)]
}

pub(super) fn min_distance_results() -> Vec<(&'static str, Value)> {
    let result = json!({
        "status": "task completed",
        "result": "0.05579301044980968",
        "distance": 0.05579301044980968,
        "pair": {
            "id": 61239, "x1": 65.76858534432826, "y1": 87.28418529886409,
            "x2": 65.81839791265465, "y2": 87.25905428114133
        },
        "trace_id": TRACE_ID,
        "rows": 1_000_000, "skipped": 0, "estimated_rows": 1_000_000,
        "execution": "streaming", "consistency": "per-chunk", "consistency_reached": "snapshot",
        "elapsed_ms": 437, "map_ms": 737, "failed_attempts": 0,
        "balance": 1.000816, "cost_usd": 0.000024596,
        "chunks": chunks()
    });
    let mut of_nothing = result.clone();
    for (field, value) in [
        ("result", json!(null)),
        ("distance", json!(null)),
        ("pair", json!(null)),
        ("rows", json!(0)),
        ("estimated_rows", json!(0)),
        ("balance", json!(null)),
        ("chunks", json!([])),
    ] {
        of_nothing[field] = value;
    }
    vec![("completed", result), ("empty", of_nothing)]
}

pub(super) fn failed_result() -> Value {
    json!({
        "status": Problem::NoResult.status(),
        "error": FAILURE,
        "trace_id": TRACE_ID,
        "failed_chunks": [{ "chunk": 1, "error": CHUNK_FAILURE }]
    })
}

pub(super) fn corrupt_result() -> Value {
    json!(ErrorBody::new(Problem::NoResult, format!("task {TASK_ID} does not read back")))
}

const FAILURE: &str = "chunk 1: given up after 5 attempts: postgres is unavailable";
const CHUNK_FAILURE: &str = "given up after 5 attempts: postgres is unavailable";

/// A job of the kernel `summary` in this state.
fn job(state: &str) -> Value {
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

fn with(mut job: Value, fields: Value) -> Value {
    if let (Value::Object(job), Value::Object(fields)) = (&mut job, fields) {
        job.extend(fields);
    }
    job
}

fn completed() -> Value {
    with(
        job("completed"),
        json!({
            "progress": { "done": 2, "total": 2 },
            "rows": 1_000_000, "elapsed_ms": 437, "map_ms": 737, "failed_attempts": 0
        }),
    )
}

pub(super) fn job_lists() -> Vec<(&'static str, Value)> {
    let failed = with(job("failed"), json!({ "error": FAILURE }));
    let first_page = json!({
        "tasks": [completed(), failed],
        "next": null,
        "queue": { "waiting": 0, "in_flight": 3, "dead_letters": 0, "poison": 0 }
    });
    vec![("first_page", first_page), ("next_page", json!({ "tasks": [], "next": null }))]
}

pub(super) fn job_details() -> Vec<(&'static str, Value)> {
    let answer = json!({
        "rows": 1_000_000, "nulls": 0, "min": 1.4877005072300165e-5, "max": 99.99976091431166,
        "sum": 50020133.45524038, "mean": 50.02013345524038, "variance": 834.0024569576216
    });
    let answer_so_far = json!({
        "rows": 499_592, "nulls": 0, "min": 1.4877005072300165e-5, "max": 99.99976091431166,
        "sum": 24990112.73081411, "mean": 50.02104263241787, "variance": 833.9121007215803
    });
    let [first, second] = chunks();
    let done = |chunk| with(chunk, json!({ "state": "done" }));
    let rest =
        |state: Value| with(json!({ "chunk": 1, "start": 499_593, "end": 1_000_001 }), state);
    let last_error = json!({
        "chunk": 1, "attempt": 1, "at": "2026-11-22T12:00:00.212Z",
        "error": "postgres is unavailable"
    });
    let completed = with(
        completed(),
        json!({
            "answer": answer, "consistency_reached": "snapshot", "balance": 1.000816,
            "chunks": [done(first.clone()), done(second)]
        }),
    );
    let pending = with(
        job("pending"),
        json!({
            "elapsed_ms": 512, "last_error": last_error, "answer_so_far": answer_so_far,
            "chunks": [done(first.clone()), rest(json!({ "state": "open" }))]
        }),
    );
    let failed_chunk = rest(json!({ "state": "failed", "error": CHUNK_FAILURE }));
    let failed = with(
        job("failed"),
        json!({
            "last_error": last_error, "error": FAILURE,
            "failed_chunks": [{ "chunk": 1, "error": CHUNK_FAILURE }],
            "answer_so_far": answer_so_far,
            "chunks": [done(first), failed_chunk]
        }),
    );
    let cancelled = with(job("cancelled"), json!({ "chunks": [rest(json!({ "state": "open" }))] }));
    let expired = with(job("expired"), json!({ "chunks": [] }));
    vec![
        ("completed", completed),
        ("pending", pending),
        ("failed", failed),
        ("cancelled", cancelled),
        ("expired", expired),
    ]
}
