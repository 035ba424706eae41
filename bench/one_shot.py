"""Contenders that are a program: one whole process, from its start to its exit, is one run."""

import json
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import process_tree
from run import Run
from steps import Failure
from watchdog import Bounds, Watchdog


@dataclass(frozen=True)
class OneShot:
    """A program that answers with a number, with rows, or with
    `{"result": …, "rows": …, "ms": …}`."""

    key: str
    title: str
    argv: Sequence[str]
    # Which of SQL's answers it must return: see truth.py and answers.py.
    accepts: object
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, database_url: str, bounds: Bounds) -> Run:
        """Run it once. Its CPU time and memory are those of all its processes."""
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "DATABASE_URL": database_url,
            **self.environment,
        }
        argv = [part.replace("DATABASE_URL", database_url) for part in self.argv]
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            process = subprocess.Popen(
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

            def memory() -> int:
                return process_tree.memory_of_tree(process.pid)

            def stop() -> None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

            try:
                with Watchdog(memory, bounds, stop) as watchdog:
                    _, status, usage = os.wait4(process.pid, 0)
                    seconds = time.perf_counter() - started
            except BaseException:
                stop()
                raise
            process.returncode = os.waitstatus_to_exitcode(status)
            # The kernel counts a child's peak from the size of the process that it is a copy of.
            exact = usage.ru_maxrss if usage.ru_maxrss > own_peak else 0
            run = Run(
                seconds=seconds,
                cpu_seconds=usage.ru_utime + usage.ru_stime,
                peak_bytes=max(watchdog.peak_bytes, exact * 1024),
                stopped=watchdog.stopped,
            )
            if run.stopped:
                return run
            output.seek(0)
            errors.seek(0)
            said = output.read().decode(errors="replace")
            if process.returncode != 0:
                end = errors.read().decode(errors="replace").strip()[-2000:]
                raise Failure(f"{self.title} ended with status {process.returncode}: {end}")
            self.read_answer(run, said)
            return run

    def read_answer(self, run: Run, said: str) -> None:
        """Take the answer from the last line of what the program said."""
        try:
            answer = json.loads(said.strip().splitlines()[-1])
            if isinstance(answer, dict):
                run.rows = answer["rows"]
                if (milliseconds := answer.get("ms")) is not None:
                    run.inner_seconds = milliseconds / 1000
                answer = answer["result"]
            # The rows of a query stay as they are: see answers.py.
            is_number = answer is not None and not isinstance(answer, dict | list)
            run.result = float(answer) if is_number else answer
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise Failure(f"{self.title} printed {said!r} instead of an answer") from error
