"""The programs that are measured: pgfold's ways through a table, the floors, SQL, and its peers."""

import sys
from pathlib import Path

from one_shot import OneShot
from settings import Settings
from truth import BY_POW, BY_PRODUCT, EITHER, POW, ROWS_ALONE

HERE = Path(__file__).parent

SERIAL = {"PGOPTIONS": "-c max_parallel_workers_per_gather=0"}


def one_shots(settings: Settings) -> list[OneShot]:
    """Every program, in the order in which a table shows them."""
    return [
        pgfold(settings, "keys", "pgfold, ranges of keys", POW),
        pgfold(settings, "blocks", "pgfold, ranges of blocks", POW),
        pgfold(settings, "pushdown", "pgfold, pushed down", POW),
        pgfold(settings, "floor-keys", "floor: keys, rows thrown away", ROWS_ALONE),
        pgfold(settings, "floor-blocks", "floor: blocks, rows thrown away", ROWS_ALONE),
        psql(settings, "sql", "SQL, min(sqrt(…)), parallel", BY_POW, POW),
        psql(settings, "sql-serial", "SQL, min(sqrt(…)), serial", BY_POW, POW, **SERIAL),
        psql(settings, "sql-product", "SQL, sqrt(min(…)), parallel", BY_PRODUCT, EITHER),
        python("duckdb", "DuckDB's Postgres scanner", "duckdb_scanner.py"),
        python("connectorx", "ConnectorX, 4 partitions, Polars", "connectorx_polars.py"),
        python("psycopg", "psycopg, 4 processes, numpy", "psycopg_cursors.py"),
    ]


def pgfold(settings: Settings, mode: str, title: str, accepts: str) -> OneShot:
    """A whole job in one process: connect, plan, four mappers, reduce."""
    return OneShot(mode, title, [settings.mapper_path, mode], accepts)


def pgfold_in_chunks(settings: Settings, chunks: int) -> OneShot:
    """The same by keys, in so many chunks; each of four mappers takes the next as it ends one."""
    argv = [settings.mapper_path, "keys", str(chunks)]
    return OneShot(str(chunks), f"{chunks} chunks", argv, POW)


def psql(
    settings: Settings, key: str, title: str, minimum: str, accepts: str, **environment: str
) -> OneShot:
    """One statement by psql."""
    argv = [settings.psql, "--no-psqlrc", "--tuples-only", "--no-align", "DATABASE_URL"]
    return OneShot(
        key, title, [*argv, "--command", f"SELECT {minimum} FROM points"], accepts, environment
    )


def python(key: str, title: str, script: str) -> OneShot:
    """A script of `peers/` in this environment."""
    return OneShot(key, title, [sys.executable, str(HERE / "peers" / script)], EITHER)
