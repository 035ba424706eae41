"""The table of the queries: trips in cities, and what is asked about them."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import postgres
import tables
from steps import Step, step

CITIES = 1000
SECONDS_A_TRIP = 3
FIRST_START = "2026-01-01 00:00:00+00"

# A trip started up to an hour after the time that its id stands for, as in a table that grows.
CREATE = """
    DROP TABLE IF EXISTS unfinished;
    CREATE TABLE unfinished (
        id INTEGER NOT NULL, city INTEGER NOT NULL, started_at TIMESTAMPTZ NOT NULL,
        fare FLOAT NOT NULL, miles FLOAT NOT NULL, minutes FLOAT NOT NULL)
"""
INSERT = f"""
    SELECT setseed(0.42 + {{number}} * 0.001);
    INSERT INTO unfinished
    SELECT id, floor(random() * {CITIES}),
        timestamptz '{FIRST_START}' + (id * {SECONDS_A_TRIP} + random() * 3600) * interval '1 s',
        random() * 100, random() * 30, random() * 90
    FROM generate_series({{first}}, {{last}}) AS id
"""
FINISH = """
    SET maintenance_work_mem = '512MB';
    ALTER TABLE unfinished ADD UNIQUE (id);
    CREATE INDEX ON unfinished (started_at);
    ALTER TABLE unfinished RENAME TO trips
"""
SOURCES = json.dumps(
    {
        "trips": {
            "table": "trips",
            "key": "id",
            "columns": ["fare", "miles", "minutes", "city", "started_at"],
        }
    }
)


def database_of(server_url: str, rows: int) -> str:
    """The URL of the database with a table `trips` of so many rows, made where it is missing."""
    name = f"trips_{rows}"
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
    with step("table", f"{rows:,} trips") as current:
        make_database(server_url, name)
        if not postgres.has_table(url, "trips"):
            fill(current, url, rows)
        tables.settle(url, "trips")
    return url


def make_database(server_url: str, name: str) -> None:
    if not postgres.query(server_url, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        postgres.query(server_url, f"CREATE DATABASE {name}")


def fill(current: Step, url: str, rows: int) -> None:
    postgres.query(url, CREATE)
    for number, first in enumerate(range(1, rows + 1, tables.ROWS_AN_INSERT)):
        current.sign_of_life(f"{first - 1:,} rows written")
        last = min(first + tables.ROWS_AN_INSERT - 1, rows)
        postgres.query(url, INSERT.format(number=number, first=first, last=last))
    current.sign_of_life("the indexes")
    postgres.query(url, FINISH)


def window_of_keys(rows: int) -> tuple[list[dict], str]:
    """The hundredth of the rows after the middle, by key: as conditions and in SQL."""
    first, end = rows // 2, rows // 2 + rows // 100
    return [{"column": "id", "ge": first, "lt": end}], f"id >= {first} AND id < {end}"


def window_of_times(database_url: str, rows: int) -> tuple[list[dict], str]:
    """The hundredth of the time after the middle, by the index of another column."""
    start = f"timestamptz '{FIRST_START}'"
    times = ", ".join(
        f"to_char(({start} + {row * SECONDS_A_TRIP} * interval '1 s') AT TIME ZONE 'UTC', "
        """'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
        for row in (rows // 2, rows // 2 + rows // 100)
    )
    first, end = postgres.query(database_url, f"SELECT {times}").split("|")
    condition = {"column": "started_at", "ge": first, "lt": end}
    return [condition], f"started_at >= '{first}' AND started_at < '{end}'"


def of_summary(answer: Mapping) -> list:
    """The figures of a `summary` that SQL's aggregates are compared with."""
    return [answer[name] for name in ("rows", "sum", "min", "max")]


# The same in SQL.
SUMMARY = "count(*), sum({0}), min({0}), max({0})"
# Sums of doubles depend on the order in which PostgreSQL and DuckDB add them; pgfold's do not.
SUM_IS_ROUGH = 1e-11
