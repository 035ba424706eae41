"""The results as Markdown."""

from collections.abc import Iterable, Mapping

import measured
import query_report
from cells import cell, figure, grid, times
from spread import Spread
from targets import Target, targets

TITLES_OF_DESIGNS = {
    "api": "pgfold on the warm local cloud",
    "celery": "the Celery design, warm",
    "celery-split": 'the same, `to_json(orient="split")`',
}
NOTE = (
    "× is a design's figure over pgfold's. CPU and memory are those of the functions, or of web "
    "process and workers; PostgreSQL, broker and emulator are left out. About 0.1 s of each "
    "invocation is the emulator's own, and part of pgfold's time. Jobs a minute are over 10,000 "
    "rows, with 16 callers."
)
START_NOTE = (
    "Each function as it is shipped, in a new environment of AWS's runtime interface emulator, "
    "which tells the times: INIT lasts until the program asks for its first event. The first event "
    "opens the connections to database, queue and store, all on this machine and without TLS; what "
    "these take to answer is in both events. A dry run is a whole request that plans a job, on a "
    "connection that is open."
)
FOLD_NOTE = (
    "From the bytes that the network brought to the partial, of random numbers; `cargo bench -p "
    "pgfold-core` alone. A row is found, its key and numbers are read and made sure of, and it is "
    "compared with the best so far; by the metrics, rows that are certainly too far are not "
    "measured. `apart` has a column for each number, the others have all in one."
)
NAMES_OF_ROWS = {"1000000": "A million", "10000000": "Ten million"}


def markdown(results: Mapping, chart: str) -> str:
    """All of it, in sections; `chart` is the address of the picture."""
    tables = results["tables"]
    sections = [conditions(results), f"![the results as bars]({chart})"]
    sections += [section(rows, tables[rows]) for rows in sorted(tables, key=int, reverse=True)]
    sections += [end_to_end(results), growth(results["growth"])]
    sections.append(folds(results["folds"]))
    sections.append(cold_start(results["cold_start"]))
    if queries := results.get("queries"):
        sections += query_report.sections(queries)
    sections.append(targets_table(targets(results)))
    return "\n\n".join(sections)


def conditions(results: Mapping) -> str:
    machine, versions = results["machine"], results["versions"]
    peers = ", ".join(
        f"{name} {versions[name]}"
        for name in ("duckdb", "connectorx", "psycopg", "celery", "pandas", "Flask", "SQLAlchemy")
        if name in versions
    )
    return (
        f"Measured on {results['date']}: {machine['cpus']} CPUs ({machine['processor']}), "
        f"{machine['memory_bytes'] / 1e9:.0f} GB, {machine['system']}, PostgreSQL "
        f"{versions['PostgreSQL']} on the same machine, its tables in memory; {peers}; "
        f"Python {versions['Python']}. Every figure is a median of {results['rounds']} rounds with "
        "the least and the greatest; the contenders take turns, in another order each round. "
        "Ratios are taken round by round. Every answer is compared with SQL's."
    )


def section(rows: str, table: Mapping) -> str:
    lines = [
        [
            table["titles"][key],
            *(stopped(runs) or cells_of_runs(runs, table["runs"].get("keys", []), int(rows))),
        ]
        for key, runs in table["runs"].items()
        if runs
    ]
    head = ["", "s", "× keys", "client CPU, ns a row", "server CPU, s", "peak memory, MB"]
    return f"### {name_of(rows)} rows\n\n{grid(head, lines)}"


def name_of(rows: str) -> str:
    return NAMES_OF_ROWS.get(rows, f"{int(rows):,}")


def stopped(runs: Iterable[Mapping]) -> list[str] | None:
    reasons = [run["stopped"] for run in runs if run["stopped"]]
    return [f"stopped: {reasons[0]}", "", "", "", ""] if reasons else None


def cells_of_runs(runs: list[Mapping], keys: list[Mapping], rows: int) -> list[str]:
    return [
        cell(measured.spread(runs, "seconds")),
        cell(measured.ratio(runs, keys)),
        cell(measured.spread(runs, "cpu_seconds", 1e9 / rows)),
        cell(measured.spread(runs, "server_cpu_seconds")),
        cell(measured.spread(runs, "peak_bytes", 1e-6)),
    ]


def end_to_end(results: Mapping) -> str:
    runs, jobs = results["end_to_end"], results["throughput"]
    quantities = (("seconds", 1), ("cpu_seconds", 1), ("peak_bytes", 1e-6))
    lines = []
    for key, title in TITLES_OF_DESIGNS.items():
        line = [title]
        for what, scale in quantities:
            line.append(cell(measured.spread(runs[key], what, scale)))
            line.append(times(measured.ratio(runs[key], runs["api"], what)))
        lines.append([*line, cell(Spread.of(jobs.get(key, [])))])
    head = ["", "s", "×", "CPU, s", "×", "peak memory, MB", "×", "jobs a minute"]
    return f"### A million rows, from the POST to the answer\n\n{grid(head, lines)}\n\n{NOTE}"


def growth(measurements: Iterable[Mapping]) -> str:
    lines = []
    for one in measurements:
        runs, a_row = one["runs"], 1e9 / one["rows"]
        lines.append(
            [
                f"{one['rows']:,}",
                str(one["chunks"]),
                cell(measured.spread(runs, "seconds")),
                cell(measured.spread(runs, "seconds", a_row)),
                cell(measured.spread(runs, "cpu_seconds", a_row)),
                cell(measured.spread(runs, "peak_bytes", 1e-6)),
            ]
        )
    head = ["rows", "chunks", "s", "ns a row", "client CPU, ns a row", "peak memory, MB"]
    return f"### As rows and chunks grow\n\n{grid(head, lines)}"


def folds(measurements: Mapping) -> str:
    lines = [[f"`{name}`", cell(Spread.of(ns))] for name, ns in sorted(measurements.items())]
    table = grid(["", "ns a row"], lines)
    return f"### Folding a row\n\n{table}\n\n{FOLD_NOTE}"


def cold_start(results: Mapping) -> str:
    lines = [
        [
            f"`{function}`",
            figure(figures["zipped_bytes"] / 1e6),
            *(cell(Spread.of(figures[what])) for what in ("init_ms", "first_ms", "second_ms")),
            cell(Spread.of(peak / 1e6 for peak in figures["peak_bytes"])),
        ]
        for function, figures in results["functions"].items()
    ]
    head = ["", "zipped, MB", "INIT, ms", "first event, ms", "second, ms", "peak memory, MB"]
    tables = [grid(head, lines), START_NOTE, by_rows(results)]
    return "### Cold start\n\n" + "\n\n".join(tables)


def by_rows(results: Mapping) -> str:
    """What depends on the table: if anything does."""
    peaks = {one["rows"]: figure(one["peak_bytes"] / 1e6) for one in results["chunks"]}
    lines = [
        [f"{one['rows']:,}", cell(Spread.of(one["ms"])), peaks.get(one["rows"], "–")]
        for one in results["plans"]
    ]
    return grid(["rows", "a dry run, ms", "peak memory of a mapper that reads all, MB"], lines)


def targets_table(all_of_them: Iterable[Target]) -> str:
    words = {True: "met", False: "**not met**", None: "not measured"}
    lines = [[one.text(), cell(one.figure), words[one.is_met()]] for one in all_of_them]
    return f"### Targets\n\n{grid(['target', 'measured', ''], lines)}"
