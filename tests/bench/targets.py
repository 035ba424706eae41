"""What pgfold set out to reach, and whether it did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import measured
from spread import Spread

ROWS = "10000000"


@dataclass(frozen=True)
class Target:
    """A bound on one figure, and the figure; None where it was not measured."""

    text: str
    bound: float
    figure: Spread | None
    at_least: bool = False

    def is_met(self) -> bool | None:
        """Decided by the median."""
        if self.figure is None:
            return None
        if self.at_least:
            return self.figure.median >= self.bound
        return self.figure.median <= self.bound


def targets(results: Mapping) -> Iterator[Target]:
    """Every target, with what these results say about it."""
    jobs = results.get("end_to_end", {})
    api, celery = jobs.get("api", []), jobs.get("celery", [])
    faster = measured.ratio(celery, api)
    yield Target("1M rows, POST to answer: times faster than Celery, ≥ 12", 12, faster, True)
    cpu = measured.ratio(api, celery, "cpu_seconds")
    yield Target("the same: CPU seconds over Celery's, ≤ 0.1", 0.1, cpu)
    memory = measured.ratio(api, celery, "peak_bytes")
    yield Target("the same: peak memory over Celery's, ≤ 0.05", 0.05, memory)

    runs = results.get("tables", {}).get(ROWS, {}).get("runs", {})

    def of(key: str) -> list[Mapping]:
        return runs.get(key, [])

    def over(key: str, other: str) -> Spread | None:
        return measured.ratio(of(key), of(other))

    yield Target("10M rows: keys over the floor of keys, ≤ 1.15", 1.15, over("keys", "floor-keys"))
    yield Target("keys over DuckDB, ≤ 0.9", 0.9, over("keys", "duckdb"))
    yield Target("blocks over DuckDB, ≤ 0.75", 0.75, over("blocks", "duckdb"))
    for key in ("keys", "blocks"):
        cpu = measured.of_rounds(of(key), "cpu_seconds").values()
        nanoseconds = Spread.of(seconds / int(ROWS) * 1e9 for seconds in cpu)
        yield Target(f"{key}: client CPU in ns a row, ≤ 25", 25, nanoseconds)
    pushdown = over("pushdown", "sql")
    yield Target("pushdown over SQL's parallel min(sqrt(…)), ≤ 0.7", 0.7, pushdown)
    for key in ("keys", "blocks"):
        peaks = measured.of_rounds(of(key), "peak_bytes").values()
        yield Target(f"{key}: peak memory in MB, < 24", 24, Spread.of(peak / 1e6 for peak in peaks))
