"""Results as the bench writes them, small enough to check by hand."""


def run(number: int, seconds: float, **others) -> dict:
    """One run; a second of CPU a second, twenty megabytes, and nothing else to say."""
    return {
        "round": number,
        "seconds": seconds,
        "cpu_seconds": seconds,
        "server_cpu_seconds": 0.5,
        "peak_bytes": 20_000_000,
        "stopped": None,
    } | others


def start(init_ms: float) -> dict:
    """A function that starts in about so many milliseconds."""
    return {
        "zipped_bytes": 4_900_000,
        "init_ms": [init_ms, init_ms + 2],
        "first_ms": [20.0, 30.0],
        "second_ms": [2.0, 3.0],
        "peak_bytes": [14_000_000, 15_000_000],
    }


def results() -> dict:
    """Two rounds over ten million rows; the Celery design survived neither."""
    return {
        "date": "2026-11-23",
        "rounds": 2,
        "machine": {
            "processor": "Some CPU",
            "cpus": 2,
            "memory_bytes": 16_000_000_000,
            "system": "Debian",
        },
        "versions": {"PostgreSQL": "18.4", "Python": "3.11.7", "duckdb": "1.4.4"},
        "tables": {
            "10000000": {
                "titles": {
                    "keys": "by keys",
                    "floor-keys": "the floor",
                    "duckdb": "DuckDB <scanner>",
                    "celery": "Celery",
                },
                "runs": {
                    "keys": [run(1, 1.0, cpu_seconds=0.1), run(2, 3.0, cpu_seconds=0.3)],
                    "floor-keys": [run(1, 0.8), run(2, 2.4)],
                    "duckdb": [run(1, 2.0), run(2, 6.0)],
                    "celery": [run(0, 30.0, stopped="over 8 GB after 30 s")],
                },
            }
        },
        "growth": [
            {"rows": 1_000_000, "chunks": 4, "runs": [run(1, 0.2)]},
            {"rows": 1_000_000, "chunks": 16, "runs": [run(1, 0.3)]},
            {"rows": 10_000_000, "chunks": 4, "runs": [run(1, 1.5)]},
            {"rows": 10_000_000, "chunks": 16, "runs": [run(1, 1.5)]},
        ],
        "folds": {"euclidean": [2.0, 4.0, 2.5], "geodesic": [7.0]},
        "end_to_end": {
            "api": [run(1, 0.5), run(2, 0.6)],
            "celery": [run(1, 10.0, peak_bytes=2_000_000_000), run(2, 12.0)],
            "celery-split": [run(1, 8.0), run(2, 9.0)],
        },
        "cold_start": {
            "functions": {"submit": start(5.0), "mapper": start(7.0)},
            "chunks": [{"rows": 10_000_000, "peak_bytes": 15_000_000}],
            "plans": [{"rows": 10_000_000, "ms": [6.0, 4.0, 3.0]}],
        },
        "throughput": {"api": [900.0, 1000.0], "celery": [300.0, 400.0]},
        "queries": queries(),
    }


def queries() -> dict:
    """Two rounds of the queries."""
    return {
        "date": "2026-11-29",
        "rounds": 2,
        "grouped": table(
            grouped=[run(1, 1.0), run(2, 1.4)],
            ungrouped=[run(1, 1.0), run(2, 1.0)],
            duckdb=[run(1, 2.0), run(2, 2.0)],
            **{"grouped-blocks": [run(1, 0.9), run(2, 1.2)]},
        ),
        "windows": {
            "key": {
                **table(pgfold=[run(1, 0.1)], duckdb=[run(1, 0.5)], sql=[run(1, 0.1)]),
                "title": "by key",
                "blocks": {"pgfold": 1010, "duckdb": 90_000, "sql": 1000},
                "plan_ms": [2.0, 3.0, 20.0],
            },
        },
        "lineitem": {
            **table(pgfold=[run(1, 2.0)], duckdb=[run(1, 3.0)], sql=[run(1, 1.0)]),
            "scale": 1,
        },
        "kernels": table(one=[run(1, 1.0)], five=[run(1, 1.3)]),
    }


def table(**runs: list[dict]) -> dict:
    """Contenders over a thousand rows, each with its key as its title."""
    return {"rows": 1000, "titles": {key: key for key in runs}, "runs": runs}
