"""The output for the user: a line for each step, signs of life, and the reason of a failure."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS_BETWEEN_SIGNS_OF_LIFE = 10


class Failure(Exception):
    """A step failed: why, which log tells more, and what to do about it."""

    def __init__(self, why: str, *, log: Path | None = None, remedy: str | None = None):
        super().__init__(why)
        self.step = ""
        self.why = why
        self.log = log
        self.remedy = remedy

    def report(self) -> str:
        lines = [f"FAILED {self.step}: {self.why}" if self.step else f"FAILED: {self.why}"]
        if self.log:
            lines += [
                f"The end of {self.log}:",
                *(f"  | {line}" for line in last_lines(self.log, 30)),
            ]
        if self.remedy:
            lines.append(f"What to do: {self.remedy}")
        return "\n".join(lines)


class Step:
    """One line of output, complete when the step is."""

    def __init__(self, name: str, doing: str):
        self.name = name
        self.doing = doing
        self.started = self.last_sign = time.monotonic()
        self.line_is_open = True
        print(self.head(), end="", flush=True)

    def head(self) -> str:
        return f"{self.name:<10} {self.doing} …"

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def sign_of_life(self, news: str) -> None:
        """Show what a long step is at: in place on a terminal, now and then in a log."""
        if sys.stdout.isatty():
            line = f"{self.head()} {self.elapsed():.0f} s  {news}"
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{line[:width]}", end="", flush=True)
        elif time.monotonic() - self.last_sign >= SECONDS_BETWEEN_SIGNS_OF_LIFE:
            self.last_sign = time.monotonic()
            print("\n" if self.line_is_open else "", end="")
            print(f"{'':<10} {self.elapsed():3.0f} s  {news[:80]}", flush=True)
            self.line_is_open = False

    def end(self, how: str = "") -> None:
        if sys.stdout.isatty():
            print("\r\x1b[K", end="")
            self.line_is_open = False
            head = self.head()
        else:
            head = f"{self.name:<10} done in"
        print(
            "" if self.line_is_open else head, f"{self.elapsed():.1f} s {how}".rstrip(), flush=True
        )


@contextmanager
def step(name: str, doing: str) -> Iterator[Step]:
    """Announce a step, time it, and name it in the failure that ends it."""
    current = Step(name, doing)
    try:
        yield current
    except Failure as failure:
        failure.step = failure.step or name
        current.end("failed")
        raise
    except OSError as error:
        failure = Failure(str(error))
        failure.step = name
        current.end("failed")
        raise failure from error
    except BaseException as error:
        current.end("failed" if isinstance(error, Exception) else "interrupted")
        raise
    current.end()


def last_lines(file: Path, count: int) -> list[str]:
    if not file.exists():
        return []
    text = file.read_text(errors="replace").replace("\r", "\n")
    return [line for line in text.splitlines() if line.strip()][-count:]
