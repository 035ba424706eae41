"""Contenders in turn: one run of each a round, in another order each round."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import server_cpu
from run import Run
from steps import Step
from truth import Truth
from watchdog import Bounds


@dataclass
class Rounds:
    """Runs every contender in turn, and stops asking those that had to be stopped."""

    contenders: Sequence
    database_url: str
    truth: Truth
    bounds: Bounds
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def run(self, count: int, current: Step) -> dict[str, list[Run]]:
        """The runs of each contender, after one that warms it up."""
        self.runs = {contender.key: [] for contender in self.contenders}
        # The same orders whenever it is measured.
        shuffle = random.Random(count).shuffle
        for number in range(count + 1):
            order = [one for one in self.contenders if not self.was_stopped(one.key)]
            shuffle(order)
            for contender in order:
                what = f"round {number} of {count}" if number else "warming up"
                current.sign_of_life(f"{what}: {contender.title}")
                run = self.run_one(contender)
                run.round = number
                if number or run.stopped:
                    self.runs[contender.key].append(run)
        return self.runs

    def was_stopped(self, key: str) -> bool:
        return any(run.stopped for run in self.runs[key])

    def run_one(self, contender) -> Run:
        """One run with the right answer."""
        server = server_cpu.Meter(self.database_url)
        run = contender.run(self.database_url, self.bounds)
        run.server_cpu_seconds = server.seconds()
        self.truth.check(run, contender.title, contender.accepts)
        return run
