"""Jobs as the API would tell of them, made up for a test to answer with in its place."""


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


def fake_page(numbers: range, cursor: str | None) -> dict:
    return {"tasks": [*map(fake_job, numbers)], "next": cursor, "queue": None}
