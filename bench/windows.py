"""A hundredth of the rows, by a range of the key and of another indexed column."""

import json
import time
from dataclasses import dataclass

import postgres
import query_contenders as contenders
import trips
from answers import Answers, OfEach, rows_of_sql
from one_shot import OneShot
from query_contenders import table
from rounds import Rounds
from settings import Settings
from steps import step
from trips import of_summary
from watchdog import Bounds

PLANS = 20
READ = "fare"
# A backend counts its blocks when it ends, which may be after its client has.
SECONDS_UNTIL_COUNTED = 0.5
BLOCKS = """
    SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit
    FROM pg_statio_user_tables WHERE relname = 'trips'
"""


@dataclass(frozen=True)
class Window:
    """A condition as a request says it and as SQL does."""

    title: str
    where: list[dict]
    sql: str

    def request(self) -> dict:
        return {
            "source": "trips",
            "kernel": "summary",
            "columns": [READ],
            "where": self.where,
        }

    def select(self, schema: str = "") -> str:
        return f"SELECT {trips.SUMMARY.format(READ)} FROM {schema}trips WHERE {self.sql}"


def measure(settings: Settings, url: str, rows: int, bounds: Bounds) -> dict:
    """Each window's runs by contender, the blocks that PostgreSQL read, and the times of plans."""
    windows = {
        "key": Window("by key", *trips.window_of_keys(rows)),
        "index": Window("by another indexed column", *trips.window_of_times(url, rows)),
    }
    measured = {}
    for name, window in windows.items():
        with step("window", f"1 % of {rows:,} rows {window.title}") as current:
            entrants = contenders_over(settings, url, window)
            runs = Rounds(entrants, url, OfEach(), bounds).run(settings.rounds, current)
            of_rows = entrants[0].accepts.rows
            measured[name] = {
                **table(of_rows, entrants, runs),
                "title": window.title,
                "blocks": {one.key: blocks(one, url, bounds) for one in entrants},
                "plan_ms": plans(settings, url, window, bounds),
            }
    return measured


def contenders_over(settings: Settings, url: str, window: Window) -> list[OneShot]:
    expected = rows_of_sql(url, window.select())
    answers = Answers(expected[0][0], expected, {1: trips.SUM_IS_ROUGH})
    of_pgfold = answers.read_by(lambda answer: [of_summary(answer)])
    request, sources = window.request(), trips.SOURCES
    return [
        contenders.pgfold(settings, "pgfold", "pgfold", request, sources, of_pgfold),
        contenders.duckdb(window.select("postgres."), answers),
        contenders.psql(settings, window.select(), answers),
    ]


def blocks(contender: OneShot, url: str, bounds: Bounds) -> int:
    """How many blocks of the table and of its indexes one run looks at, those in memory too."""
    before = int(postgres.query(url, BLOCKS))
    contender.run(url, bounds)
    time.sleep(SECONDS_UNTIL_COUNTED)
    return int(postgres.query(url, BLOCKS)) - before


def plans(settings: Settings, url: str, window: Window, bounds: Bounds) -> list[float]:
    """Milliseconds of each of some plans of the job on one connection."""
    argv = [settings.mapper_path, "plan", json.dumps(window.request()), str(PLANS)]
    planner = OneShot("plan", "pgfold's plan", argv, None, {"SOURCES": trips.SOURCES})
    return planner.run(url, bounds).result
