use serde_json::{Value, json};

use super::query_examples::{group_by, november_as_shown, several};
use crate::{ErrorBody, Problem};

pub(super) const TASK_ID: &str = "agg_01a2044c-531b-7494-94fc-6bbdf6334f32";
pub(super) const TRACE_ID: &str = "1-6b02d940-bd862e3fe1be46a994272793";

pub(super) fn submitted() -> Vec<(&'static str, Value)> {
    let submitted = json!({
        "status": "task submitted", "task_id": TASK_ID, "chunks": 4, "trace_id": TRACE_ID
    });
    let mut snapshot = submitted.clone();
    snapshot["snapshot_held_ms"] = json!(63);
    let dry_run = json!({
        "status": "dry run", "source": "points", "kernel": "min_distance",
        "columns": ["x1", "y1", "x2", "y2"], "params": { "metric": "euclidean" },
        "execution": "streaming", "consistency": "per-chunk", "estimated_rows": 1_000_000, "estimated_seconds": 0.6, "estimated_cost_usd": 0.000034316,
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
    let of_window = json!({
        "status": "dry run", "source": "trips", "where": november_as_shown(),
        "group_by": group_by(), "compute": several(), "order_by": "fare.sum", "descending": true,
        "limit": 10, "execution": "streaming", "consistency": "per-chunk",
        "estimated_rows": 41_000, "estimated_share": 0.041, "index": "trips_started_at_idx",
        "cut_by": "started_at", "estimated_seconds": 0.12, "estimated_cost_usd": 0.000022,
        "connections": 2,
        "chunks": [
            { "chunk": 0, "start": null, "end": "2026-11-15 09:12:00+00" },
            { "chunk": 1, "start": "2026-11-15 09:12:00+00", "end": null }
        ]
    });
    let of_files = json!({
        "status": "dry run", "source": "trips", "group_by": ["rider"], "compute": several(),
        "output": { "format": "csv", "parts": 2 },
        "execution": "streaming", "consistency": "per-chunk",
        "estimated_rows": 1_000_000, "estimated_seconds": 1.1, "estimated_cost_usd": 0.000041,
        "connections": 1,
        "chunks": [
            { "chunk": 0, "start": 1, "end": 1_000_001 },
            { "chunk": 1, "partition": 0, "partitions": 2 },
            { "chunk": 2, "partition": 1, "partitions": 2 }
        ]
    });
    vec![
        ("submitted", submitted),
        ("snapshot", snapshot),
        ("dry_run", dry_run),
        ("dry_run_of_a_snapshot", of_snapshot),
        ("dry_run_of_a_window", of_window),
        ("dry_run_of_files", of_files),
    ]
}

/// The receipts of two chunks, with their rows.
pub(super) fn chunks() -> [Value; 2] {
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

pub(super) const FAILURE: &str = "chunk 1: given up after 5 attempts: postgres is unavailable";
pub(super) const CHUNK_FAILURE: &str = "given up after 5 attempts: postgres is unavailable";
