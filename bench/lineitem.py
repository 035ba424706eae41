"""TPC-H's table `lineitem`, made by tpchgen-cli, and its query 1: the pricing summary report."""

import json
import shutil
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import command
import postgres
import query_contenders as contenders
import tables
from answers import Answers, OfEach, rows_of_sql
from one_shot import OneShot
from query_contenders import table
from rounds import Rounds
from settings import Settings
from steps import Step, step
from trips import make_database
from watchdog import Bounds

GENERATOR = Path(sys.executable).parent / "tpchgen-cli"

# As TPC-H has it, and a key of one column, by which pgfold cuts.
CREATE = """
    DROP TABLE IF EXISTS unfinished;
    CREATE TABLE unfinished (
        l_orderkey BIGINT NOT NULL, l_partkey BIGINT NOT NULL, l_suppkey BIGINT NOT NULL,
        l_linenumber INTEGER NOT NULL, l_quantity NUMERIC(15,2) NOT NULL,
        l_extendedprice NUMERIC(15,2) NOT NULL, l_discount NUMERIC(15,2) NOT NULL,
        l_tax NUMERIC(15,2) NOT NULL, l_returnflag CHAR(1) NOT NULL, l_linestatus CHAR(1) NOT NULL,
        l_shipdate DATE NOT NULL, l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL,
        l_shipinstruct CHAR(25) NOT NULL, l_shipmode CHAR(10) NOT NULL,
        l_comment VARCHAR(44) NOT NULL, id BIGINT GENERATED ALWAYS AS IDENTITY)
"""
COPY = """\\copy unfinished ({columns}) FROM '{file}' WITH (FORMAT csv, HEADER)"""
FINISH = """
    SET maintenance_work_mem = '512MB';
    ALTER TABLE unfinished ADD PRIMARY KEY (id);
    ALTER TABLE unfinished RENAME TO lineitem
"""

DISC_PRICE = "l_extendedprice * (1 - l_discount)"
CHARGE = f"{DISC_PRICE} * (1 + l_tax)"
COLUMNS = ["l_quantity", "l_extendedprice", "l_discount", "l_returnflag", "l_linestatus"]
SOURCES = json.dumps(
    {
        "lineitem": {
            "table": "lineitem",
            "key": "id",
            "columns": COLUMNS,
            "expressions": {"disc_price": DISC_PRICE, "charge": CHARGE},
            "filters": ["l_shipdate"],
        }
    }
)
SUMS = ["l_quantity", "l_extendedprice", "disc_price", "charge"]
AVERAGES = ["l_quantity", "l_extendedprice", "l_discount"]
REQUEST = {
    "source": "lineitem",
    "where": [{"column": "l_shipdate", "le": "1998-09-02"}],
    "group_by": ["l_returnflag", "l_linestatus"],
    "compute": {
        column: {"kernel": "summary", "columns": [column]} for column in [*SUMS, "l_discount"]
    },
}
QUERY_1 = f"""
    SELECT l_returnflag, l_linestatus, sum(l_quantity)::text, sum(l_extendedprice)::text,
        sum({DISC_PRICE})::text, sum({CHARGE})::text, avg(l_quantity)::float8,
        avg(l_extendedprice)::float8, avg(l_discount)::float8, count(*)
    FROM {{}}lineitem WHERE l_shipdate <= date '1998-12-01' - interval '90' day
    GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus
"""
# Of which averages are computed that are exact to the last bit.
EXACT_SUMS = ", ".join(f"sum({column})::text" for column in AVERAGES)
EXACT = f"""
    SELECT {EXACT_SUMS}, count(*) FROM lineitem WHERE l_shipdate <= '1998-09-02'
    GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus
"""
# DuckDB adds doubles for an average, and PostgreSQL rounds a decimal before it is a double.
AVERAGES_ARE_ROUGH = {6: 1e-12, 7: 1e-12, 8: 1e-12}


def measure(settings: Settings, bounds: Bounds) -> dict:
    """Runs by contender, and the size of the table."""
    url = database_of(settings, settings.lineitem_scale)
    with step("TPC-H", f"query 1 at scale {settings.lineitem_scale}") as current:
        rows = int(postgres.query(url, "SELECT count(*) FROM lineitem"))
        entrants = contenders_over(settings, url)
        runs = Rounds(entrants, url, OfEach(), bounds).run(settings.rounds, current)
    return {**table(rows, entrants, runs), "scale": settings.lineitem_scale}


def database_of(settings: Settings, scale: float) -> str:
    """The URL of the database with a table `lineitem` of that scale, made where it is missing."""
    name = f"tpch_{str(scale).replace('.', '_')}"
    url = urlsplit(settings.database_url)._replace(path=f"/{name}").geturl()
    with step("table", f"TPC-H's lineitem at scale {scale}") as current:
        make_database(settings.database_url, name)
        if not postgres.has_table(url, "lineitem"):
            fill(current, settings, url, scale)
        tables.settle(url, "lineitem")
    return url


def fill(current: Step, settings: Settings, url: str, scale: float) -> None:
    directory = settings.state / "tpch"
    shutil.rmtree(directory, ignore_errors=True)
    log = settings.state / "log" / "tpch.log"
    argv = [GENERATOR, "csv", "--scale-factor", str(scale), "--tables", "lineitem"]
    command.run(current, [*argv, "--output-dir", directory], log=log)
    file = directory / "lineitem.csv"
    columns = file.open().readline().strip()
    current.sign_of_life("the rows")
    postgres.query(url, CREATE)
    postgres.query(url, COPY.format(columns=columns, file=file))
    shutil.rmtree(directory)
    current.sign_of_life("the index of its keys")
    postgres.query(url, FINISH)


def contenders_over(settings: Settings, url: str) -> list[OneShot]:
    expected = with_exact_averages(rows_of_sql(url, QUERY_1.format("")), rows_of_sql(url, EXACT))
    exact = Answers(sum(row[-1] for row in expected), expected, {}, of_groups)
    rough = replace(exact, rough=AVERAGES_ARE_ROUGH, read=list)
    return [
        contenders.pgfold(settings, "pgfold", "pgfold", REQUEST, SOURCES, exact),
        contenders.duckdb(QUERY_1.format("postgres."), rough),
        contenders.psql(settings, QUERY_1.format(""), rough),
    ]


def with_exact_averages(rows: list[list], exact: list[list]) -> list[list]:
    """Query 1's rows with each average the double that is nearest to the exact one."""
    return [
        [*row[:6], *(float(Fraction(Decimal(one)) / count) for one in sums), count]
        for row, (*sums, count) in zip(rows, exact, strict=True)
    ]


def of_groups(answer: dict) -> list[list]:
    """pgfold's groups as query 1's rows."""
    return [
        [
            one["l_returnflag"],
            one["l_linestatus"],
            *(one[column]["sum"] for column in SUMS),
            *(one[column]["mean"] for column in AVERAGES),
            one["rows"],
        ]
        for one in answer["groups"]
    ]
