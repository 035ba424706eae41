"""Commands that run to their end, and end with this program at the latest."""

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from steps import Failure, Step, last_lines


@dataclass(frozen=True)
class Started:
    """A command that writes into a log while this program does something else."""

    argv: list[str | Path]
    log: Path
    process: subprocess.Popen

    def finish(self, step: Step, *, remedy: str | None = None) -> None:
        """Wait for its end; the last line of the log is the step's sign of life."""
        while True:
            try:
                status = self.process.wait(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                step.sign_of_life(*last_lines(self.log, 1))
        if status != 0:
            words = itertools.takewhile(lambda word: not word.startswith("--"), map(str, self.argv))
            name = " ".join(Path(word).name for word in words)
            raise Failure(f"`{name}` ended with status {status}", log=self.log, remedy=remedy)


@contextmanager
def started(
    argv: list[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Started]:
    """Start a command; it ends with the block at the latest if the block fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(map(str, argv))}\n".encode())
        output.flush()
        with running(
            argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process:
            yield Started(argv, log, process)


def run(
    step: Step,
    argv: list[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    remedy: str | None = None,
) -> None:
    """Run a command into `log`; the last line of the log is the step's sign of life."""
    with started(argv, log=log, env=env, cwd=cwd) as command:
        command.finish(step, remedy=remedy)


def run_in_foreground(
    argv: list[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> int:
    """Run a command on the user's terminal and return its exit status."""
    try:
        with running(argv, env=env, cwd=cwd) as process:
            status = process.wait()
    except FileNotFoundError as error:
        raise Failure(f"there is no command {argv[0]!r}") from error
    return status if status >= 0 else 128 - status


def run_shell(argv: list[str | Path], *, env: Mapping[str, str]) -> int:
    """Run a program that takes the terminal for itself, for which it must be of our group."""
    try:
        status = subprocess.run(argv, env=env, check=False).returncode
    except FileNotFoundError as error:
        raise Failure(f"there is no command {argv[0]!r}") from error
    return status if status >= 0 else 128 - status


@contextmanager
def running(argv: list[str | Path], **options):
    """A child in a process group of its own, so that interrupting us ends its children too."""
    process = subprocess.Popen(argv, process_group=0, **options)
    try:
        yield process
    except BaseException:
        for signum in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, signum)
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    continue
        raise
