"""pgfold's targets, and whether it reaches them."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import measured
from spread import Spread

ROWS = "10000000"


@dataclass(frozen=True)
class Target:
    """A bound on the median of a figure, and the figure; None where it was not measured."""

    what: str
    figure: Spread | None
    at_most: float = math.inf
    at_least: float = -math.inf

    def text(self) -> str:
        bounded_above = self.at_most < math.inf
        return f"{self.what} {f'≤ {self.at_most}' if bounded_above else f'≥ {self.at_least}'}"

    def is_met(self) -> bool | None:
        if self.figure is None:
            return None
        return self.at_least <= self.figure.median <= self.at_most


def targets(results: Mapping) -> list[Target]:
    """Every target, with what these results say about it."""
    return [
        *of_jobs(results["end_to_end"]),
        *of_programs(results["tables"].get(ROWS, {})),
        *of_starts(results["cold_start"]),
        *of_growth(results["growth"]),
        *of_folds(results["folds"]),
        *of_queries(results.get("queries", {})),
    ]


def of_jobs(runs: Mapping) -> Iterator[Target]:
    """Those of whole jobs through the API."""
    api, celery = runs["api"], runs["celery"]
    yield Target(
        "A million rows, POST to answer: the Celery design's time ÷ pgfold's",
        measured.ratio(celery, api),
        at_least=12,
    )
    cpu = measured.ratio(api, celery, "cpu_seconds")
    yield Target("the same: CPU of the functions ÷ that of web and worker", cpu, at_most=0.1)
    memory = measured.ratio(api, celery, "peak_bytes")
    yield Target("the same: peak memory of these ÷ of those", memory, at_most=0.05)


def of_programs(table: Mapping) -> Iterator[Target]:
    """Those of the mapper path as a program, over ten million rows."""

    def runs(key: str) -> list[Mapping]:
        return table.get("runs", {}).get(key, [])

    def time(key: str, other: str) -> Spread | None:
        return measured.ratio(runs(key), runs(other))

    keys_to_floor = time("keys", "floor-keys")
    yield Target("Ten million rows: keys ÷ their floor", keys_to_floor, at_most=1.15)
    yield Target("the same: keys ÷ DuckDB", time("keys", "duckdb"), at_most=0.9)
    yield Target("the same: blocks ÷ DuckDB", time("blocks", "duckdb"), at_most=0.75)
    for key in ("keys", "blocks"):
        cpu = measured.spread(runs(key), "cpu_seconds", 1e9 / int(ROWS))
        yield Target(f"the same: {key}, client CPU in ns a row", cpu, at_most=25)
    pushdown = time("pushdown", "sql")
    yield Target("the same: pushdown ÷ SQL's parallel min(sqrt(…))", pushdown, at_most=0.7)
    for key in ("keys", "blocks"):
        peak = measured.spread(runs(key), "peak_bytes", 1e-6)
        yield Target(f"the same: {key}, peak memory in MB", peak, at_most=24)


def of_starts(results: Mapping) -> Iterator[Target]:
    """Those of the functions' environments; the worst function or table decides."""
    functions = results["functions"].values()
    init = worst(Spread.of(figures["init_ms"]) for figures in functions)
    yield Target("The slowest function's INIT in ms", init, at_most=20)
    zipped = worst(Spread.of([figures["zipped_bytes"] / 1e6]) for figures in functions)
    yield Target("the largest function, zipped, in MB", zipped, at_most=5)
    chunks = worst(Spread.of([one["peak_bytes"] / 1e6]) for one in results["chunks"])
    yield Target("a mapper's peak memory in MB, its chunk a whole table", chunks, at_most=24)
    plans = worst(Spread.of(one["ms"]) for one in results["plans"])
    yield Target("a dry run on a warm connection in ms, the slowest table", plans, at_most=5)


def of_growth(measurements: Iterable[Mapping]) -> Iterator[Target]:
    """Those of larger tables, in as many chunks; the worst number of chunks decides."""
    runs = {(one["rows"], one["chunks"]): one["runs"] for one in measurements}
    sizes, chunks = (sorted(set(side)) for side in zip(*runs, strict=True))
    smallest, before, largest = sizes[0], sizes[-2:][0], sizes[-1]

    def grown(since: int, what: str, scale: float = 1) -> Spread | None:
        if since == largest:
            return None
        ratios = (measured.ratio(runs[largest, n], runs[since, n], what, scale) for n in chunks)
        return worst(ratios)

    time = grown(before, "seconds", before / largest)
    yield Target("The largest table ÷ the one before it, time a row", time, at_most=1.25)
    memory = grown(smallest, "peak_bytes")
    yield Target("the largest table ÷ the smallest, peak memory", memory, at_most=1.1)


def of_folds(folds: Mapping) -> Iterator[Target]:
    """Those of folding a row, from the network's bytes on."""
    for metric, most in (("euclidean", 3), ("haversine", 6), ("geodesic", 6)):
        nanoseconds = Spread.of(folds.get(metric, []))
        yield Target(f"Folding a row by `{metric}`, in ns", nanoseconds, at_most=most)


def of_queries(queries: Mapping) -> Iterator[Target]:
    """Those of jobs with groups, filters and several kernels."""
    if grouped := queries.get("grouped"):
        yield from of_grouped(grouped)
    for window in queries.get("windows", {}).values():
        yield from of_window(window)
    if kernels := queries.get("kernels"):
        five = measured.ratio(kernels["runs"]["five"], kernels["runs"]["one"])
        yield Target("Five kernels in one pass ÷ one of them", five, at_most=1.4)
    if files := queries.get("files"):
        yield from of_files(files)


def of_grouped(table: Mapping) -> Iterator[Target]:
    """Those of a thousand groups."""
    runs = table["runs"]
    what = f"{table['rows']:,} rows in 1,000 groups"
    beside_duckdb = measured.ratio(runs["grouped"], runs["duckdb"])
    yield Target(f"{what}: pgfold ÷ DuckDB's GROUP BY", beside_duckdb, at_most=0.8)
    # By ranges of blocks at one instant, as DuckDB reads.
    alike = measured.ratio(runs["grouped-blocks"], runs["duckdb"])
    yield Target("the same at one instant, by ranges of blocks", alike, at_most=0.8)
    beside_ungrouped = measured.ratio(runs["grouped"], runs["ungrouped"])
    yield Target("the same: pgfold ÷ its fold without groups", beside_ungrouped, at_most=1.25)


def of_files(files: Mapping) -> Iterator[Target]:
    """Those of a million groups and of all rows to Parquet."""
    groups, rows = files["groups"]["runs"], files["rows"]["runs"]
    what = f"{files['groups']['rows']:,} rows in 1,000,000 groups to Parquet"
    yield Target(
        f"{what}: pgfold ÷ DuckDB's COPY", measured.ratio(groups["keys"], groups["duckdb"]), 0.9
    )
    yield Target("the same: pgfold ÷ SQL", measured.ratio(groups["keys"], groups["sql"]), 0.6)
    peak = measured.spread(groups["one"], "peak_bytes", 1e-6)
    yield Target("the same in one chunk: peak memory of its mapper, in MB", peak, 400)
    what = f"{files['rows']['rows']:,} rows of five columns to Parquet"
    yield Target(
        f"{what}: pgfold ÷ DuckDB's COPY", measured.ratio(rows["keys"], rows["duckdb"]), 0.8
    )
    peak = measured.spread(rows["keys"], "peak_bytes", 1e-6)
    yield Target("the same: peak memory of four mappers in one process, in MB", peak, 200)


def of_window(window: Mapping) -> Iterator[Target]:
    """Those of a hundredth of the rows."""
    runs, blocks = window["runs"], window["blocks"]
    what = f"1 % of the rows {window['title']}"
    yield Target(f"{what}: pgfold ÷ DuckDB", measured.ratio(runs["pgfold"], runs["duckdb"]), 0.3)
    read = Spread.of([blocks["pgfold"] / blocks["sql"]])
    yield Target("the same: blocks read ÷ psql's", read, at_most=1.1)
    yield Target("the same: its plan in ms", Spread.of(window["plan_ms"]), at_most=10)


def worst(spreads: Iterable[Spread | None]) -> Spread | None:
    """That with the greatest median."""
    measured = [spread for spread in spreads if spread]
    return max(measured, key=lambda spread: spread.median, default=None)
