use serde_json::{Value, json};

use super::{
    example_job::{completed, job, with},
    examples::{CHUNK_FAILURE, FAILURE, chunks},
    file_examples,
    query_examples::{group_by, november_as_shown, several},
};

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
        ("completed_with_compute", of_several()),
        ("completed_with_groups", of_groups()),
        ("completed_with_files", file_examples::rows()),
        ("pending_in_its_second_stage", file_examples::partitions()),
        ("pending", pending),
        ("failed", failed),
        ("cancelled", cancelled),
        ("expired", expired),
    ]
}

/// A completed job of several kernels, without receipts.
fn of_several() -> Value {
    let mut job = with(
        completed(),
        json!({
            "source": "trips", "compute": several(), "skipped": 3,
            "consistency_reached": "per-chunk", "balance": 1.000816,
            "skipped_by": { "fare": 3, "riders": 0 },
            "answer": { "fare": fares(999_997, 12_499_962.5), "riders": { "distinct": 48_210 } }
        }),
    );
    for field in ["kernel", "columns", "params"] {
        job.as_object_mut().map(|job| job.remove(field));
    }
    job
}

/// A completed job of several kernels by days and cities, without receipts.
fn of_groups() -> Value {
    let group = |city: Value, day: &str, rows: u64, sum: f64, riders: u64| {
        json!({
            "city": city, "day": day, "rows": rows,
            "fare": fares(rows, sum), "riders": { "distinct": riders }
        })
    };
    let groups = [
        group(json!("Rome"), "2026-11-14", 1204, 15_050.0, 988),
        group(json!("Oslo"), "2026-11-07", 1011, 12_637.5, 871),
    ];
    with(
        of_several(),
        json!({
            "where": november_as_shown(), "group_by": group_by(), "cut_by": "started_at",
            "order_by": "fare.sum", "descending": true, "limit": 2, "rows": 41_377, "skipped": 0,
            "skipped_by": { "fare": 0, "riders": 0 },
            "answer": { "groups": groups, "group_count": 60 }
        }),
    )
}

/// An answer of the kernel `summary`.
fn fares(rows: u64, sum: f64) -> Value {
    json!({
        "rows": rows, "nulls": 0, "min": 2.5, "max": 180.0, "sum": sum, "mean": 12.5,
        "variance": 41.2
    })
}
