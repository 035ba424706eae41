"""The tables that are measured: one of each size, alone in a database of its own."""

from urllib.parse import urlsplit

import postgres
from steps import Step, step

CREATE = """
    DROP TABLE IF EXISTS unfinished;
    CREATE TABLE unfinished (id INTEGER NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)
"""
INSERT = """
    SELECT setseed(0.42 + {number} * 0.001);
    INSERT INTO unfinished
    SELECT id, random() * 100, random() * 100, random() * 100, random() * 100
    FROM generate_series({first}, {last}) AS id
"""
FINISH = """
    SET maintenance_work_mem = '512MB';
    ALTER TABLE unfinished ADD UNIQUE (id);
    ALTER TABLE unfinished RENAME TO {table}
"""
ROWS_AN_INSERT = 2_000_000

# So that no contender is the first to write hint bits, or runs beside a checkpoint or a vacuum.
SETTLE = ("SELECT pg_stat_force_next_flush()", "VACUUM ANALYZE {table}", "CHECKPOINT")


def database_of(server_url: str, rows: int) -> str:
    """The URL of the database with a table `points` of so many rows, made where it is missing."""
    name = f"bench_{rows}"
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
    with step("table", f"{rows:,} rows") as current:
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"
        if not postgres.query(server_url, exists):
            postgres.query(server_url, f"CREATE DATABASE {name}")
        fill(current, url, "points", rows)
    return url


def fill(current: Step, database_url: str, table: str, rows: int) -> None:
    """Make a table of random points where it is missing, and leave it settled."""
    if not postgres.has_table(database_url, table):
        postgres.query(database_url, CREATE)
        for number, first in enumerate(range(1, rows + 1, ROWS_AN_INSERT)):
            current.sign_of_life(f"{first - 1:,} rows written")
            last = min(first + ROWS_AN_INSERT - 1, rows)
            postgres.query(database_url, INSERT.format(number=number, first=first, last=last))
        current.sign_of_life("the index of its keys")
        postgres.query(database_url, FINISH.format(table=table))
    settle(database_url, table)


def settle(database_url: str, table: str) -> None:
    """Leave nothing to do for PostgreSQL that would disturb what is measured."""
    for statement in SETTLE:
        postgres.query(database_url, statement.format(table=table))
