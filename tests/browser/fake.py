"""What the API would answer, made up for a test to answer with in its place."""


def fake_id(number: int) -> str:
    return f"agg_01a20520-86a3-7273-ad1a-{number:012x}"


def fake_job(number: int) -> dict:
    """A job that completed, created the later the greater its number."""
    return {
        "task_id": fake_id(number),
        "state": "completed",
        "source": "points",
        "columns": ["x1", "y1", "x2", "y2"],
        "kernel": "min_distance",
        "params": {"metric": "euclidean"},
        "execution": "streaming",
        "consistency": "per-chunk",
        "created_at": f"2026-11-23T05:{number // 60:02}:{number % 60:02}.000Z",
        "progress": {"done": 4, "total": 4},
        "estimated_rows": 4000,
        "rows": 4000,
        "skipped": 0,
        "elapsed_ms": 400,
        "map_ms": 900,
        "cost_usd": 0.0000123,
    }


def fake_done(chunk: int, recorded_at: str, **times) -> dict:
    """A chunk with its receipt."""
    receipt = {"rows": 500, "skipped": 0, "attempts": 1, "duplicates_discarded": 0}
    fixed = {"state": "done", "start": None, "end": None, "snapshot": "1160:1160:"}
    return {"chunk": chunk, "recorded_at": recorded_at} | fixed | receipt | times


def fake_unrecorded(chunk: int, state: str, **more) -> dict:
    """A chunk that is open or failed."""
    return {"chunk": chunk, "start": None, "end": None, "state": state} | more


def fake_page(numbers: range, cursor: str | None) -> dict:
    return {"tasks": [*map(fake_job, numbers)], "next": cursor, "queue": None}


NUMBER = ["number", "decimal", "any"]


def fake_kernel(kernel: str, columns: str, properties: dict, **more) -> dict:
    return {
        "kernel": kernel,
        "about": f"What {kernel} computes.",
        "columns": [{"name": name, "type": "number"} for name in columns.split()],
        "params": {"type": "object", "properties": properties, **more.pop("params", {})},
        "example": {},
        "pushdown": False,
        "pushdown_groups": False,
        "answer": {},
    } | more


METRIC = {"type": "string", "enum": ["euclidean", "haversine"], "default": "euclidean"}
FAKE_KERNELS = {
    "kernels": [
        fake_kernel(
            "min_distance",
            "x1 y1 x2 y2",
            {"metric": METRIC},
            pushdown=True,
            pushdown_params={"properties": {"metric": {"const": "euclidean"}}},
        ),
        fake_kernel("summary", "value", {}),
        fake_kernel("bounding_box", "x y", {}, pushdown=True, pushdown_groups=True),
        fake_kernel(
            "sampled",
            "value",
            {
                "k": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
                "bounds": {"type": "array", "items": {"type": ["number", "string"]}},
                "ranks": {"type": "array", "items": {"type": "number"}},
                "exact": {"type": "boolean"},
            },
            params={"required": ["bounds"]},
            example={"k": 3, "bounds": [0, 2.5, 50]},
        ),
        fake_kernel("rows", "", {}, needs_output=True),
    ]
}


def fake_source(source: str, columns: dict, **more) -> dict:
    return {
        "source": source,
        "table": source,
        "key": {"column": "id", "type": "bigint"},
        "columns": [
            {
                "column": column,
                "type": kind,
                "reads_as": ["text", "any"] if kind == "text" else NUMBER,
            }
            for column, kind in columns.items()
        ],
        "filters": [
            {"column": column, "type": kind}
            for column, kind in {"id": "bigint", **columns, "note": "text"}.items()
        ],
        "estimated_rows": 300_000,
    } | more


FAKE_SOURCES = {
    "sources": [
        fake_source("points", dict.fromkeys(["x1", "y1", "x2", "y2"], "double precision")),
        fake_source(
            "orders",
            {"customer": "text", "amount": "numeric", "items": "integer"},
            where="NOT cancelled",
        ),
        fake_source("places", {}, problem="table places does not exist"),
        fake_source("log", {"level": "integer"}, key=None, estimated_rows=None),
    ]
}

# A source with a column of every kind that a condition has a control of its own for.
FAKE_TRIPS = fake_source(
    "trips",
    {
        "city": "text",
        "fare": "numeric",
        "distance": "double precision",
        "started_at": "timestamp with time zone",
        "ended_at": "timestamp without time zone",
        "day": "date",
        "paid": "boolean",
    },
)

# A summary whose answer has numbers to order groups by.
FAKE_SUMMARY = fake_kernel(
    "summary",
    "value",
    {},
    answer={
        "properties": {
            "rows": {"type": "integer"},
            "sum": {"oneOf": [{"type": "number"}, {"type": "string"}]},
            "mean": {"type": ["number", "null"]},
            "name": {"type": "string"},
        }
    },
)


def fake_groups(number: int, group_by: list, groups: list[dict], **more) -> dict:
    """A job that completed with these groups, and has no chunks to show."""
    answer = {"groups": groups, "group_count": len(groups)}
    job = fake_job(number) | {"source": "trips", "group_by": group_by, "chunks": []}
    return job | {"answer": answer} | more


FAKE_PLAN = {
    "status": "dry run",
    "source": "orders",
    "kernel": "summary",
    "columns": ["amount"],
    "execution": "streaming",
    "consistency": "per-chunk",
    "estimated_rows": 300_000,
    "estimated_seconds": 0.6,
    "estimated_cost_usd": 3.5566e-05,
    "connections": 3,
    "chunks": [{"chunk": at, "start": at, "end": at + 1} for at in range(3)],
}
