"""The six figures that README.md shows."""

from collections.abc import Iterable, Mapping

import cells
import measured
from spread import Spread
from targets import ROWS, worst

HEAD = ["", "pgfold", "beside it"]


def markdown(results: Mapping) -> str:
    runs = results["tables"][ROWS]["runs"]
    jobs, starts = results["end_to_end"], results["cold_start"]

    def of(key: str, what: str = "seconds", scale: float = 1) -> Spread | None:
        return measured.spread(runs.get(key, []), what, scale)

    celery = measured.spread(jobs["celery"], "seconds")
    sql = [("SQL", of("sql"), "s"), ("its cheaper form", of("sql-product"), "s")]
    a_row = 1e9 / int(ROWS)
    lines = [
        [
            "A million rows, from the POST to the answer, on the warm local cloud",
            with_unit(measured.spread(jobs["api"], "seconds"), "s"),
            beside(("the Celery design", celery, "s")),
        ],
        [
            "Ten million rows, streamed by ranges of keys",
            with_unit(of("keys"), "s"),
            beside(*sql, ("DuckDB's scanner", of("duckdb"), "s")),
        ],
        [
            "Ten million rows, pushed down into Postgres",
            with_unit(of("pushdown"), "s"),
            beside(*sql),
        ],
        [
            "CPU of the reader for a row",
            with_unit(of("keys", "cpu_seconds", a_row), "ns"),
            beside(("DuckDB's scanner", of("duckdb", "cpu_seconds", a_row), "ns")),
        ],
        [
            "Peak memory of a mapper whose chunk is the whole table",
            with_unit(worst(peaks(starts["chunks"])), "MB"),
            beside(("DuckDB's scanner", of("duckdb", "peak_bytes", 1e-6), "MB")),
        ],
        [
            "Start of the slowest function (INIT)",
            with_unit(
                worst(Spread.of(one["init_ms"]) for one in starts["functions"].values()), "ms"
            ),
            "",
        ],
    ]
    rule = ["---", "---:", "---"]
    return "\n".join(f"| {' | '.join(line)} |" for line in (HEAD, rule, *lines))


def peaks(chunks: Iterable[Mapping]) -> Iterable[Spread | None]:
    return (Spread.of([one["peak_bytes"] / 1e6]) for one in chunks)


def with_unit(spread: Spread | None, unit: str) -> str:
    return f"{cells.figure(spread.median)} {unit}" if spread else "–"


def beside(*others: tuple[str, Spread | None, str]) -> str:
    """What others take, of those that were measured."""
    return ", ".join(f"{name} {with_unit(spread, unit)}" for name, spread, unit in others if spread)
