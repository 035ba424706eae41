"""`python bench SETTINGS`: pgfold and its peers side by side; `make bench` calls it."""

import json
import signal
import sys
from dataclasses import asdict

import celery_design
import cold_start
import contenders
import end_to_end
import folding
import growth
import machine
import publish
import queries
import query_report
import report
import tables
from rounds import Rounds
from run import Run
from settings import Settings
from steps import Failure, step
from targets import of_queries
from truth import Truth
from watchdog import Bounds

SECONDS_BEFORE_GIVING_UP = 180


def main(argv: list[str]) -> int:
    # So that a plain `kill` stops the contenders too, which run in sessions of their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    settings = Settings.parse(argv[0])
    try:
        results = measure(settings)
    except Failure as failure:
        print(f"\n{failure.report()}", file=sys.stderr)
        return 1
    if settings.only and not settings.publish:
        measured = results["queries"]
        print("", *query_report.sections(measured), sep="\n\n")
        print(f"\n{report.targets_table(of_queries(measured))}")
        return 0
    if settings.only:
        results = {**publish.published(), **results}
    directory = publish.PUBLISHED if settings.publish else settings.state / "results"
    print(f"\n{publish.publish(results, directory, settings.publish)}")
    return 0


def measure(settings: Settings) -> dict:
    """Everything, as it goes into results.json, or the only part that is asked for."""
    bounds = Bounds(SECONDS_BEFORE_GIVING_UP, settings.machine_bytes // 2)
    if settings.only:
        return plain({"queries": queries.measure(settings, bounds)})
    results = machine.describe(settings)
    results["bounds"] = asdict(bounds)
    results["rounds"] = settings.rounds
    results["cold_start"] = cold_start.measure(settings)
    results["folds"] = folding.measure(settings)
    results["tables"] = {rows: one_table(settings, rows, bounds) for rows in settings.rows}
    results["growth"] = growth.measure(settings, bounds)
    results["queries"] = queries.measure(settings, bounds)
    results["end_to_end"] = of_runs(end_to_end.answers(settings, bounds))
    results["throughput"] = end_to_end.throughput(settings)
    return plain(results)


def plain(results: dict) -> dict:
    """In JSON's types, as it is read again."""
    return json.loads(json.dumps(results))


def one_table(settings: Settings, rows: int, bounds: Bounds) -> dict:
    """All contenders over a table of so many rows."""
    url = tables.database_of(settings.database_url, rows)
    truth = Truth.of(url)
    with (
        step("rounds", f"every contender over {rows:,} rows") as current,
        celery_design.running(settings, url) as celery,
    ):
        entrants = [*contenders.one_shots(settings), celery]
        runs = Rounds(entrants, url, truth, bounds).run(settings.rounds, current)
    return {
        "titles": {entrant.key: entrant.title for entrant in entrants},
        "runs": of_runs(runs),
    }


def of_runs(runs: dict[str, list[Run]]) -> dict[str, list[dict]]:
    return {key: [asdict(run) for run in of_one] for key, of_one in runs.items()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
