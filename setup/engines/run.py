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

RESULT = re.compile(r"^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
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
        argv = ["cargo", "test", "--workspace", "--test", suite.binary, "--"]
        argv += suite.filters
        for name in (*suite.others, *self.skipped):
            argv += ["--skip", name]
        ran = subprocess.run(
            argv,
            cwd=CHECKOUT,
            env=os.environ | engine.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        sys.stdout.write(ran.stdout)
        found = RESULT.findall(ran.stdout)
        if not found:
            raise Failure(f"{suite.binary} ran no test on {self.engine} {engine.version}")
        passed, failed, ignored = (sum(map(int, column)) for column in zip(*found, strict=True))
        result = f"{passed} passed"
        if failed or ran.returncode:
            names = ", ".join(f"`{name}`" for name in FAILED.findall(ran.stdout))
            result += f", **{failed} failed**: {names}"
        if ignored:
            result += f", {ignored} ignored"
        return Row(
            suite.part,
            self.engine,
            engine.version,
            datetime.now(UTC).date().isoformat(),
            result + self.without(),
            passed=passed > 0 and failed == 0 and ran.returncode == 0,
        )

    def without(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.skipped)
        return f"; without {names}" if names else ""
