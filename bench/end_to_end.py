"""Both designs as their callers see them: from the POST to the answer, and jobs a minute."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import celery_design
import tables
from pgfold_api import PgfoldApi
from rounds import Rounds
from run import Run
from settings import Settings
from steps import step
from truth import Truth
from watchdog import Bounds

CONCURRENCY = 16
JOBS = 96
SMALL_ROWS = 10_000


def answers(settings: Settings, bounds: Bounds) -> dict[str, list[Run]]:
    """Jobs over the stack's million points, one after the other, the designs in turn."""
    url = settings.database_url
    tables.settle(url, "points")
    with (
        step("job", "a million rows through either API") as current,
        celery_design.running(settings, url) as celery,
        celery_design.running(settings, url, key="celery-split") as split,
    ):
        rounds = Rounds([PgfoldApi.of(settings), celery, split], url, Truth.of(url), bounds)
        return rounds.run(settings.rounds, current)


def throughput(settings: Settings) -> dict[str, list[float]]:
    """Jobs a minute over a small table, with so many callers that each waits for its answer."""
    url = settings.database_url
    with step("jobs", f"{SMALL_ROWS:,} rows, {CONCURRENCY} jobs at a time") as current:
        tables.fill(current, url, "small", SMALL_ROWS)
        truth = Truth.of(url, "small")
        with celery_design.running(settings, url, "small") as celery:
            designs = [PgfoldApi.of(settings, "small"), celery]
            measured = {design.key: [] for design in designs}
            for number in range(min(settings.rounds, 3) + 1):
                for design in random.Random(number).sample(designs, len(designs)):
                    current.sign_of_life(f"round {number}: {design.title}")
                    jobs = JOBS if number else CONCURRENCY
                    a_minute = jobs_a_minute(design, jobs, truth)
                    if number:
                        measured[design.key].append(a_minute)
            return measured


def jobs_a_minute(design, jobs: int, truth: Truth) -> float:
    """Run so many jobs; each of their answers must be right."""
    started = time.perf_counter()
    with ThreadPoolExecutor(CONCURRENCY) as callers:
        answers = list(callers.map(lambda _: design.job(), range(jobs)))
    seconds = time.perf_counter() - started
    for result, rows in answers:
        truth.check(Run(0, 0, 0, result, rows), design.title, design.accepts)
    return 60 * jobs / seconds
