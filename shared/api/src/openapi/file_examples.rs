//! Jobs that write files instead of an answer.

use serde_json::{Value, json};

use super::{
    example_job::{completed, job, with},
    examples::{TASK_ID, chunks},
    query_examples::several,
};

const BUCKET: &str = "https://pgfold-objects.s3.eu-central-1.amazonaws.com";

/// A completed job that wrote the rows themselves, a file a chunk.
pub(super) fn rows() -> Value {
    let link = |name: &str| {
        let name = format!("results/{TASK_ID}/{name}");
        let url = format!("{BUCKET}/{name}?X-Amz-Expires=3600&X-Amz-Signature=9f86d081");
        json!({ "name": name, "url": url })
    };
    let part = |name: &str, rows: u64, bytes: u64, sha256: &str| {
        with(link(name), json!({ "rows": rows, "bytes": bytes, "sha256": sha256 }))
    };
    let parts = [
        part(
            "part-00000-5f0c1d2e.parquet",
            499_592,
            6_021_337,
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        part(
            "part-00001-8b7a6c5d.parquet",
            500_408,
            6_030_842,
            "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        ),
    ];
    let columns = json!([
        { "name": "city", "type": "text", "sql_type": "text" },
        { "name": "fare", "type": "numeric(12,2)", "sql_type": "numeric(12,2)" }
    ]);
    let [first, second] = chunks().map(|chunk| with(chunk, json!({ "state": "done" })));
    with(
        completed(),
        json!({
            "source": "trips", "kernel": "rows", "columns": ["city", "fare"],
            "output": { "format": "parquet" },
            "consistency_reached": "per-chunk", "balance": 1.000816,
            "files": {
                "format": "parquet", "columns": columns, "rows": 1_000_000, "bytes": 12_052_179,
                "part_count": 2, "parts": parts, "manifest": link("manifest.json"),
                "links_expire_at": "2026-11-22T13:05:00Z"
            },
            "chunks": [first, second]
        }),
    )
}

/// A job whose chunks are done and one of whose two partitions is.
pub(super) fn partitions() -> Value {
    let [first, second] = chunks().map(|chunk| with(chunk, json!({ "state": "done" })));
    let partition =
        |chunk: u16, number: u16| json!({ "chunk": chunk, "partition": number, "partitions": 2 });
    let mut merged = with(first.clone(), json!({ "rows": 24_105, "snapshot": "" }));
    for field in ["start", "end"] {
        merged.as_object_mut().map(|chunk| chunk.shift_remove(field));
    }
    let open = with(partition(3, 1), json!({ "state": "open" }));
    let mut job = with(
        job("pending"),
        json!({
            "source": "trips", "group_by": ["rider"], "compute": several(),
            "output": { "format": "csv", "parts": 2 },
            "progress": { "done": 3, "total": 4 }, "rows": 1_000_000, "elapsed_ms": 512,
            "chunks": [first, second, with(merged, partition(2, 0)), open]
        }),
    );
    for field in ["kernel", "columns", "params"] {
        job.as_object_mut().map(|job| job.shift_remove(field));
    }
    job
}
