"""Tests of pgfold on one engine."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from paths import CHECKOUT
from steps import Failure
from table import Row

RESULT = re.compile(r"^test result: .*? (\d+) passed; (\d+) failed;", re.MULTILINE)
# How tests that failed are run once more.
ALONE = ("--exact", "--test-threads", "1")
FAILED = re.compile(r"^test (\S+) \.\.\. FAILED$", re.MULTILINE)


@dataclass(frozen=True)
class Suite:
    """A test binary, or some of its tests, as arguments of `cargo test`."""

    part: str
    binary: str
    filters: tuple[str, ...]
    others: tuple[str, ...] = ()
    """What the filters match as well, and the suite is without."""


@dataclass(frozen=True)
class Engine:
    """A running engine: its version, and the variables that tell the tests where it is."""

    version: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """Suites on an engine, which is started for them and stopped after them."""

    name: str
    engine: str
    version: str
    start: Callable[[], AbstractContextManager[Engine]]
    suites: tuple[Suite, ...]
    skipped: tuple[str, ...] = ()
    """Tests that cannot hold on this engine; docs/engines.md says why."""

    def not_run(self, why: str) -> Row:
        """The row of a run if its engine does not start."""
        parts = ", ".join(suite.part for suite in self.suites)
        today = datetime.now(UTC).date().isoformat()
        return Row(parts, self.engine, self.version, today, f"**not run**: {why}", passed=False)

    def rows(self) -> list[Row]:
        with self.start() as engine:
            return [self.row(suite, engine) for suite in self.suites]

    def row(self, suite: Suite, engine: Engine) -> Row:
        print(f"\n{suite.part} on {self.engine} {engine.version}", flush=True)
        chosen = list(suite.filters)
        for name in (*suite.others, *self.skipped):
            chosen += ["--skip", name]
        first = run(suite.binary, chosen, engine)
        if not first.passed + first.failed:
            raise Failure(f"{suite.binary} ran no test on {self.engine} {engine.version}")
        failed = first.names
        if failed:
            # On a busy machine some run into the time limits of functions.
            flags = [one for one in suite.filters if one.startswith("--")]
            failed = run(suite.binary, [*failed, *flags, *ALONE], engine).names
        again = first.failed - len(failed)
        result = f"{first.passed + again} passed"
        if again:
            result += f", {again} of them only by themselves"
        if failed:
            names = ", ".join(f"`{name}`" for name in failed)
            result += f", **{len(failed)} failed**: {names}"
        return Row(
            suite.part,
            self.engine,
            engine.version,
            datetime.now(UTC).date().isoformat(),
            result + self.without(),
            passed=not failed and first.passed + again > 0,
        )

    def without(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.skipped)
        return f"; without {names}" if names else ""


@dataclass(frozen=True)
class Tested:
    """What `cargo test` says: how many tests passed and failed, and which failed."""

    passed: int
    failed: int
    names: tuple[str, ...]


def run(binary: str, arguments: list[str], engine: Engine) -> Tested:
    """Run tests of a binary on an engine, and show what they print."""
    ran = subprocess.run(
        ["cargo", "test", "--workspace", "--test", binary, "--", *arguments],
        cwd=CHECKOUT,
        env=os.environ | engine.variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    sys.stdout.write(ran.stdout)
    counts = [sum(map(int, column)) for column in zip(*RESULT.findall(ran.stdout), strict=True)]
    passed, failed = counts or (0, 0)
    names = tuple(FAILED.findall(ran.stdout))
    if ran.returncode and len(names) != max(failed, 1):
        raise Failure(f"{binary} ended with status {ran.returncode} and not by tests that failed")
    return Tested(passed, failed, names)
