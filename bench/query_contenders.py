"""The programs that answer a query: pgfold, DuckDB's scanner, psql."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import answers
from answers import Answers
from contenders import HERE
from one_shot import OneShot
from run import Run
from settings import Settings

DUCKDB = str(HERE / "peers" / "duckdb_scanner.py")


def extension() -> Path:
    """DuckDB's reader of PostgreSQL, from the wheel that carries it."""
    files = metadata.files("duckdb-ext-postgres") or []
    return next(Path(file.locate()) for file in files if file.suffix == ".duckdb_extension")


def pgfold(
    settings: Settings, key: str, title: str, request: Mapping, sources: str, accepts: Answers
) -> OneShot:
    """The job of a body of `POST /tasks` in one process, as the bench's other jobs."""
    argv = [settings.mapper_path, "query", json.dumps(request)]
    return OneShot(key, title, argv, accepts, {"SOURCES": sources})


def duckdb(sql: str, accepts: Answers, key: str = "duckdb") -> OneShot:
    """The same statement as SQL's, over the attached database."""
    return OneShot(key, "DuckDB's Postgres scanner", [sys.executable, DUCKDB, sql], accepts)


def psql(settings: Settings, sql: str, accepts: Answers, key: str = "sql") -> OneShot:
    """One statement by psql, in parallel if PostgreSQL would."""
    argv = [settings.psql, "--no-psqlrc", "--tuples-only", "--no-align", "DATABASE_URL"]
    return OneShot(key, "SQL", [*argv, "--command", answers.as_json(sql)], accepts)


def table(rows: int, entrants: Sequence[OneShot], runs: Mapping[str, list[Run]]) -> dict:
    """What was measured, as it goes into results.json."""
    return {
        "rows": rows,
        "titles": {one.key: one.title for one in entrants},
        "runs": {key: [asdict(run) for run in of_one] for key, of_one in runs.items()},
    }
