"""Five kernels in one pass over the rows, beside one of them."""

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

BOUNDS = [10, 20, 50]
RANKS = [0.5, 0.9, 0.99]
FARE = {"kernel": "summary", "columns": ["fare"]}
FIVE = {
    "fare": FARE,
    "buckets": {"kernel": "histogram", "columns": ["fare"], "params": {"bounds": BOUNDS}},
    "ranks": {"kernel": "quantiles", "columns": ["fare"], "params": {"ranks": RANKS}},
    "cities": {"kernel": "distinct", "columns": ["city"]},
    "box": {"kernel": "bounding_box", "columns": ["fare", "city"]},
}
# The figures of `of_five`, in their order.
SQL = f"""
    SELECT {trips.SUMMARY.format("fare")},
        {
    ", ".join(
        f"count(*) FILTER (WHERE width_bucket(fare, array{BOUNDS}::float[]) = {bucket})"
        for bucket in range(len(BOUNDS) + 1)
    )
},
        {", ".join(f"percentile_disc({rank}) WITHIN GROUP (ORDER BY fare)" for rank in RANKS)},
        count(DISTINCT city), min(fare), min(city)::float, max(fare), max(city)::float
    FROM trips
"""
# Quantiles are within a hundredth, and numbers of different values usually within three of their
# standard errors of 1.6 %.
ROUGH = {1: trips.SUM_IS_ROUGH, 8: 0.01, 9: 0.01, 10: 0.01, 11: 0.05}


def measure(settings: Settings, url: str, rows: int, bounds: Bounds) -> dict:
    """Runs by contender."""
    with step("kernels", f"five over {rows:,} rows") as current:
        entrants = contenders_over(settings, url, rows)
        runs = Rounds(entrants, url, OfEach(), bounds).run(settings.rounds, current)
    return table(rows, entrants, runs)


def contenders_over(settings: Settings, url: str, rows: int) -> list[OneShot]:
    [figures] = rows_of_sql(url, SQL)
    five = Answers(rows, [figures], ROUGH, lambda answer: [of_five(answer)])
    one = Answers(rows, [figures[:4]], ROUGH, lambda answer: [of_summary(answer)])

    def pgfold(key: str, title: str, request: dict, accepts: Answers) -> OneShot:
        request = {"source": "trips", **request}
        return contenders.pgfold(settings, key, title, request, trips.SOURCES, accepts)

    return [
        pgfold("one", "`summary`", FARE, one),
        pgfold(
            "five",
            "`summary`, `histogram`, `quantiles`, `distinct`, `bounding_box`",
            {"compute": FIVE},
            five,
        ),
    ]


def of_five(answer: dict) -> list:
    return [
        *of_summary(answer["fare"]),
        *(bucket["rows"] for bucket in answer["buckets"]["buckets"]),
        *(one["value"] for one in answer["ranks"]["quantiles"]),
        answer["cities"]["distinct"],
        *answer["box"]["box"],
    ]
