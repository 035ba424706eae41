"""The queries as Markdown: groups, windows, several kernels, TPC-H."""

from collections.abc import Iterator, Mapping

import measured
from cells import cell, grid
from spread import Spread

NOTE = (
    "A whole job in one process, as above, beside the same statement in SQL by DuckDB's scanner "
    "and by psql. Trips have six columns; each is in one of 1,000 cities, at random. Measured on "
    "{date}, {rounds} rounds."
)
LINEITEM_NOTE = (
    "The table is made by tpchgen-cli. Sums and counts are SQL's digit for digit; each average of "
    "pgfold is the double that is nearest to the exact one."
)


def sections(queries: Mapping) -> list[str]:
    """The sections of what was measured."""
    return [
        f"### Queries\n\n{NOTE.format(**queries)}",
        of_table(queries["grouped"], "`summary` of a double in {trips} in 1,000 groups", "grouped"),
        *(of_window(window) for window in queries["windows"].values()),
        of_table(queries["kernels"], "kernels over {trips} in one pass", "one"),
        of_lineitem(queries["lineitem"]),
        *of_files(queries.get("files", {})),
    ]


def of_files(files: Mapping) -> Iterator[str]:
    """Groups and rows to Parquet."""
    titles = {
        "groups": "count, sum, least and greatest of 1,000,000 groups of {trips} to Parquet",
        "rows": "five columns of {trips} to Parquet",
    }
    for key, table in files.items():
        yield of_table(table, titles[key], "keys")


def of_window(window: Mapping) -> str:
    table = of_table(window, f"`summary` of 1 % {window['title']}, {{trips}}", "pgfold")
    blocks = ", ".join(
        f"{window['titles'][key]} {count:,}" for key, count in window["blocks"].items()
    )
    plan = cell(Spread.of(window["plan_ms"]))
    return f"{table}\n\nBlocks read, of memory or not: {blocks}. A plan takes {plan} ms."


def of_lineitem(table: Mapping) -> str:
    what = f"TPC-H's query 1, scale {table['scale']}, {table['rows']:,} rows of `lineitem`"
    return f"{of_table(table, what, 'pgfold')}\n\n{LINEITEM_NOTE}"


def of_table(table: Mapping, what: str, beside: str) -> str:
    """Contenders with their times, and these over that of the one with the key `beside`."""
    lines = [
        [
            table["titles"][key],
            cell(measured.spread(runs, "seconds")),
            cell(measured.ratio(runs, table["runs"][beside])),
            cell(measured.spread(runs, "cpu_seconds", 1e9 / table["rows"])),
            cell(measured.spread(runs, "server_cpu_seconds")),
            cell(measured.spread(runs, "peak_bytes", 1e-6)),
        ]
        for key, runs in table["runs"].items()
    ]
    trips = f"{table['rows']:,} trips"
    head = [
        what.format(trips=trips),
        "s",
        "×",
        "client CPU, ns a row",
        "server CPU, s",
        "peak memory, MB",
    ]
    return grid(head, lines)
