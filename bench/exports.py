"""Results as files: a million groups and all rows to Parquet, beside DuckDB's COPY and psql.

What is written is read back by DuckDB, and is the same from every contender.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

import postgres
import query_contenders as contenders
from answers import OfEach
from one_shot import OneShot
from query_contenders import table
from rounds import Rounds
from run import Run
from settings import Settings
from steps import Failure, step
from watchdog import Bounds

GROUPS = 1_000_000
SOURCES = json.dumps(
    {
        "trips": {
            "table": "trips",
            "key": "id",
            "columns": ["id", "city", "started_at", "fare", "miles", "minutes"],
            "expressions": {"million": f"id % {GROUPS}"},
        }
    }
)
COLUMNS = ["id", "city", "fare", "miles", "minutes"]
PARQUET = {"format": "parquet"}
BY_MILLION = {
    "source": "trips",
    "group_by": ["million"],
    "compute": {"fare": {"kernel": "summary", "columns": ["fare"]}},
    "output": PARQUET,
}
ROWS = {"source": "trips", "kernel": "rows", "columns": COLUMNS, "output": PARQUET}
GROUP_BY = (
    f"SELECT id % {GROUPS} AS million, count(*) AS rows, sum(fare) AS fare_sum, "
    "min(fare) AS fare_min, max(fare) AS fare_max FROM {}trips GROUP BY 1"
)
ALL_ROWS = f"SELECT {', '.join(COLUMNS)} FROM {{}}trips"
# Sums of doubles depend on the order in which they are added, beyond some digits.
GROUPS_READ = (
    "count(*), bit_xor(hash(million::BIGINT, rows::BIGINT, fare_min, fare_max)), "
    "round(sum(fare_sum), 1)"
)
ROWS_READ = f"count(*), bit_xor(hash({', '.join(COLUMNS)}))"


@dataclass(frozen=True)
class Files:
    """What the files of a contender must have, as DuckDB reads them."""

    read: str
    expected: Sequence
    # Where the contender writes, unless it says so.
    path: Path | None = None

    def check(self, run: Run, title: str) -> None:
        if run.stopped:
            return
        paths = [str(self.path)] if self.path else run.result["parts"]
        found = read_back(paths, self.read)
        if found != self.expected:
            raise Failure(f"{title} wrote {found}, not {self.expected}")
        run.result = None


@dataclass(frozen=True)
class Anything:
    """A statement whose rows are not looked at."""

    def check(self, run: Run, title: str) -> None:
        run.result = None


def read_back(paths: Sequence[str], read: str) -> list:
    return list(duckdb.sql(f"SELECT {read} FROM read_parquet({paths})").fetchone())


def measure(settings: Settings, url: str, rows: int, bounds: Bounds) -> dict:
    """Runs by contender, of groups and of rows."""
    folder = Path(settings.state) / "exports"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return {
            "groups": of(settings, url, rows, bounds, folder, "groups"),
            "rows": of(settings, url, rows, bounds, folder, "rows"),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def of(settings: Settings, url: str, rows: int, bounds: Bounds, folder: Path, what: str) -> dict:
    request, sql, read = {
        "groups": (BY_MILLION, GROUP_BY, GROUPS_READ),
        "rows": (ROWS, ALL_ROWS, ROWS_READ),
    }[what]
    with step("files", f"{rows:,} rows: {what} to Parquet") as current:
        expected = written_by_duckdb(url, sql, read, folder / "expected.parquet")
        if what == "rows" and expected[0] != rows:
            raise Failure(f"DuckDB wrote {expected[0]:,} rows of {rows:,}")
        entrants = contenders_over(settings, request, sql, Files(read, expected), folder)
        if what == "groups":
            entrants.append(psql(settings, sql))
        runs = Rounds(entrants, url, OfEach(), bounds).run(settings.rounds, current)
    return table(rows, entrants, runs)


def written_by_duckdb(url: str, sql: str, read: str, path: Path) -> list:
    """What the same statement makes of the same table, by PostgreSQL through DuckDB."""
    postgres.query(url, "SELECT 1")
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{contenders.extension()}'")
        connection.execute(f"ATTACH '{url}' AS postgres (TYPE postgres, READ_ONLY)")
        connection.execute(f"COPY ({sql.format('postgres.')}) TO '{path}' (FORMAT parquet)")
    return read_back([str(path)], read)


def contenders_over(
    settings: Settings, request: Mapping, sql: str, accepts: Files, folder: Path
) -> list[OneShot]:
    def pgfold(key: str, title: str, more: Mapping) -> OneShot:
        own = folder / key
        # What the round before wrote is gone before this one writes as much again.
        script = f"rm -rf '{own}'; exec '{settings.mapper_path}' files \"$0\" '{own}'"
        argv = ["/bin/sh", "-c", script, json.dumps({**request, **more})]
        return OneShot(key, title, argv, accepts, {"SOURCES": SOURCES})

    path = folder / "duckdb.parquet"
    copy = f"COPY ({sql.format('postgres.')}) TO '{path}' (FORMAT parquet)"
    of_duckdb = Files(accepts.read, accepts.expected, path)
    return [
        pgfold("keys", "pgfold, ranges of keys", {}),
        pgfold("blocks", "pgfold, ranges of blocks", {"consistency": "snapshot"}),
        # The process is one mapper then, and after it the reducers.
        pgfold("one", "pgfold, one chunk", {"chunks": 1}),
        contenders.duckdb(copy, of_duckdb),
    ]


def psql(settings: Settings, sql: str) -> OneShot:
    """PostgreSQL's own GROUP BY, whose rows psql receives and drops."""
    argv = [settings.psql, "--no-psqlrc", "--tuples-only", "--no-align", "DATABASE_URL"]
    # The last one is the answer that every contender prints.
    statements = ["\\o /dev/null", sql.format(""), "\\o", "SELECT 1"]
    commands = [part for statement in statements for part in ("--command", statement)]
    return OneShot("sql", "SQL", [*argv, *commands], Anything())
