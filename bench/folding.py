"""The cost of folding a row, by the benchmark of the kernels."""

import json
import os
from pathlib import Path

import command
from settings import Settings
from steps import step

BENCHMARK = ("cargo", "bench", "--locked", "-p", "pgfold-core", "--bench", "fold")


def measure(settings: Settings) -> dict[str, list[float]]:
    """Nanoseconds a row, of every sample, by the name of what is folded."""
    with step("folds", "rows from bytes to partials, in memory") as current:
        results = settings.state / "criterion"
        environment = {**os.environ, "CRITERION_HOME": str(results)}
        log = settings.state / "log" / "folds.log"
        argv = [*BENCHMARK, "--", "--noplot"]
        command.run(current, argv, log=log, env=environment, cwd=settings.checkout)
        folds = sorted((results / "fold").glob("*/new"))
        return dict(by_row(folder) for folder in folds)


def by_row(folder: Path) -> tuple[str, list[float]]:
    """Each benchmark, and the nanoseconds that a row took in each of criterion's samples."""
    about = json.loads((folder / "benchmark.json").read_text())
    sample = json.loads((folder / "sample.json").read_text())
    rows = about["throughput"]["Elements"]
    pairs = zip(sample["times"], sample["iters"], strict=True)
    return about["value_str"], [time / (batches * rows) for time, batches in pairs]
