"""Rows in a thousand groups: beside DuckDB, the same fold without groups, and pushed down."""

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

SUMMARY = {"source": "trips", "kernel": "summary", "columns": ["fare"]}
BY_CITY = {**SUMMARY, "group_by": ["city"]}
EXTREMES = {**BY_CITY, "kernel": "extremes"}
PUSHED_DOWN = {"execution": "pushdown"}
SNAPSHOT = {"consistency": "snapshot"}
FIGURES = trips.SUMMARY.format("fare")
GROUP_BY = f"SELECT city, {FIGURES} FROM {{}}trips GROUP BY city ORDER BY city"
ALL = f"SELECT {FIGURES} FROM trips"
EXTREMES_BY = "SELECT city, count(*), min(fare), max(fare) FROM trips GROUP BY city ORDER BY city"


def measure(settings: Settings, url: str, rows: int, bounds: Bounds) -> dict:
    """Runs by contender."""
    with step("groups", f"{rows:,} rows in {trips.CITIES:,} groups") as current:
        entrants = contenders_over(settings, url, rows)
        runs = Rounds(entrants, url, OfEach(), bounds).run(settings.rounds, current)
    return table(rows, entrants, runs)


def contenders_over(settings: Settings, url: str, rows: int) -> list[OneShot]:
    groups = Answers(rows, rows_of_sql(url, GROUP_BY.format("")), {2: trips.SUM_IS_ROUGH})
    of_all = Answers(rows, rows_of_sql(url, ALL), {1: trips.SUM_IS_ROUGH})

    def pgfold(key: str, title: str, request: dict, accepts: Answers) -> OneShot:
        return contenders.pgfold(settings, key, title, request, trips.SOURCES, accepts)

    by_city = groups.read_by(
        lambda answer: [[one["city"], *of_summary(one["summary"])] for one in answer["groups"]]
    )
    one = of_all.read_by(lambda answer: [of_summary(answer)])
    of_extremes = Answers(rows, rows_of_sql(url, EXTREMES_BY))
    extremes = of_extremes.read_by(
        lambda answer: [
            [group["city"], *(group["extremes"][name] for name in ("rows", "min", "max"))]
            for group in answer["groups"]
        ]
    )
    return [
        pgfold("grouped", "pgfold, ranges of keys", BY_CITY, by_city),
        pgfold("grouped-blocks", "pgfold, ranges of blocks", BY_CITY | SNAPSHOT, by_city),
        pgfold("ungrouped", "pgfold without groups, ranges of keys", SUMMARY, one),
        pgfold("ungrouped-blocks", "pgfold without groups, of blocks", SUMMARY | SNAPSHOT, one),
        contenders.duckdb(GROUP_BY.format("postgres."), groups),
        contenders.psql(settings, GROUP_BY.format(""), groups),
        pgfold("extremes", "pgfold, `extremes`, of keys", EXTREMES, extremes),
        pgfold("pushed-down", "the same, pushed down", EXTREMES | PUSHED_DOWN, extremes),
        contenders.psql(settings, EXTREMES_BY, of_extremes, "sql-extremes"),
    ]
