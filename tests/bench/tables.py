"""The tables that are measured: one of each size, alone in a database of its own."""

from urllib.parse import urlsplit

import postgres
from steps import step

FILL = """
    BEGIN;
    SET LOCAL maintenance_work_mem = '512MB';
    CREATE TABLE {table} (
        id INTEGER NOT NULL, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT
    );
    SELECT setseed(0.42);
    INSERT INTO {table}
    SELECT id, random() * 100, random() * 100, random() * 100, random() * 100
    FROM generate_series(1, {rows}) AS id;
    ALTER TABLE {table} ADD UNIQUE (id);
    COMMIT;
"""

# So that no contender is the first to write hint bits, or runs beside a checkpoint or a vacuum.
SETTLE = ("SELECT pg_stat_force_next_flush()", "VACUUM ANALYZE {table}", "CHECKPOINT")


def database_of(server_url: str, rows: int) -> str:
    """The URL of the database with a table `points` of so many rows, made where it is missing."""
    name = f"bench_{rows}"
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
    with step("table", f"{rows:,} rows"):
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"
        if not postgres.query(server_url, exists):
            postgres.query(server_url, f"CREATE DATABASE {name}")
        fill(url, "points", rows)
    return url


def fill(database_url: str, table: str, rows: int) -> None:
    """Make a table of random points where it is missing, and leave it settled."""
    if not postgres.has_table(database_url, table):
        postgres.query(database_url, FILL.format(table=table, rows=rows))
    settle(database_url, table)


def settle(database_url: str, table: str) -> None:
    """Leave nothing to do for PostgreSQL that would disturb what is measured."""
    for statement in SETTLE:
        postgres.query(database_url, statement.format(table=table))
