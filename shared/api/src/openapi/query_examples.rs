use serde_json::{Map, Value, json};

use crate::KernelList;

/// A request for each kernel, over the first columns of the source, and some for other options.
pub(super) fn requests(kernels: &KernelList) -> Value {
    let kernels = kernels.with_answers().kernels;
    let of_kernel = kernels.iter().map(|kernel| {
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
        (
            "where",
            json!({ "source": "trips", "where": november(), "kernel": "summary", "columns": ["fare"] }),
        ),
        (
            "pushdown_groups",
            json!({
                "source": "trips", "group_by": ["city"], "kernel": "extremes", "columns": ["fare"],
                "execution": "pushdown"
            }),
        ),
        (
            "group_by",
            json!({ "source": "trips", "group_by": ["city"], "kernel": "distinct", "columns": ["rider"] }),
        ),
        ("compute", json!({ "source": "trips", "compute": several() })),
        (
            "rows",
            json!({
                "source": "trips", "kernel": "rows", "columns": ["city", "fare"],
                "output": { "format": "parquet" }, "chunks": 16, "consistency": "snapshot"
            }),
        ),
        (
            "groups_as_files",
            json!({
                "source": "trips", "group_by": ["rider"], "compute": several(),
                "output": { "format": "csv", "parts": 2 }
            }),
        ),
        ("window_by_day", by_day()),
    ] {
        examples.insert(name.to_owned(), json!({ "value": request }));
    }
    examples.into()
}

/// The rows of November.
fn november() -> Value {
    json!([
        { "column": "started_at", "ge": "2026-11-01", "lt": "2026-12-01" },
        { "column": "city", "in": ["Rome", "Oslo"] },
        { "column": "ended_at", "is": "not null" }
    ])
}

/// Two kernels by the names of their answers.
pub(super) fn several() -> Value {
    json!({
        "fare": { "kernel": "summary", "columns": ["fare"], "params": {} },
        "riders": { "kernel": "distinct", "columns": ["rider"], "params": {} }
    })
}

/// A request for the ten days and cities of a month with the greatest sums.
fn by_day() -> Value {
    json!({
        "source": "trips", "where": november(), "group_by": group_by(), "compute": several(),
        "order_by": "fare.sum", "descending": true, "limit": 10, "chunks": 16
    })
}

pub(super) fn group_by() -> Value {
    let day = json!({
        "column": "started_at", "unit": "day", "time_zone": "Europe/Rome", "as": "day"
    });
    json!(["city", day])
}

/// The same rows as a job shows them: a comparison each, and times as PostgreSQL writes them.
pub(super) fn november_as_shown() -> Value {
    json!([
        { "column": "started_at", "lt": "2026-12-01 00:00:00+00" },
        { "column": "started_at", "ge": "2026-11-01 00:00:00+00" },
        { "column": "city", "in": ["Rome", "Oslo"] },
        { "column": "ended_at", "is": "not null" }
    ])
}
