"""Servers that outlive the command that started them, and how to find all of them again.

Each leads a session of its own, which its children stay in. A server writes its line of /proc into
a record before it becomes the server, so no server ever runs unrecorded; the start
time in that line tells it from a later process with the same number.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steps import Failure

WRITE_RECORD_AND_BECOME = 'read -r self < /proc/$$/stat; echo "$self" >&0; exec "$@" < /dev/null'


@dataclass(frozen=True)
class Running:
    """A process as the kernel describes it in /proc/PID/stat."""

    pid: int
    is_zombie: bool
    session: int
    started: str

    @classmethod
    def parse(cls, stat: str) -> "Running":
        pid, _, rest = stat.partition(" ")
        # The command in parentheses may hold spaces and parentheses itself.
        fields = rest.rpartition(")")[2].split()
        return cls(int(pid), fields[0] in "ZX", int(fields[3]), fields[19])


@dataclass(frozen=True)
class Server:
    """A background server of a stack, running or not."""

    record: Path
    log: Path

    def start(
        self,
        argv: list[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path = Path("/"),
        identity: Mapping | None = None,
        log_to_terminal: bool = False,
    ) -> None:
        """Start it. `identity` is the user it runs as: arguments of `subprocess.Popen`."""
        self.record.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.record.open("wb") as record, self.log.open("ab") as log:
            output = None if log_to_terminal else log
            process = subprocess.Popen(
                ["/bin/sh", "-c", WRITE_RECORD_AND_BECOME, "sh", *argv],
                stdin=record,
                stdout=output,
                stderr=output,
                env=env,
                cwd=cwd,
                start_new_session=True,
                **(identity or {}),
            )
        while self.leader() is None and process.poll() is None:
            time.sleep(0.005)

    def is_running(self) -> bool:
        leader = self.leader()
        return leader is not None and leader in processes()

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float, else_: str) -> None:
        """Wait until it is ready; if it ends or takes too long, fail with this and its log."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if not self.is_running() or time.monotonic() > deadline:
                raise Failure(else_, log=self.log)
            time.sleep(0.05)

    def leader(self) -> Running | None:
        """The process that was started, dead or alive."""
        stat = self.record.read_text() if self.record.exists() else ""
        return Running.parse(stat) if stat else None

    def members(self) -> list[Running]:
        """The server and its children, or the children alone if it died before them."""
        leader = self.leader()
        if leader is None:
            return []
        everyone = list(processes())
        # A session keeps its number taken, so a stranger with that number means that ours is gone.
        if any(
            process.pid == leader.pid and process.started != leader.started for process in everyone
        ):
            return []
        return [process for process in everyone if process.session == leader.pid]

    def stop(self, gently: signal.Signals = signal.SIGTERM) -> None:
        """End every process of the server: first with the signal that it takes as a request."""
        for signum, seconds in ((gently, 10), (signal.SIGKILL, 5)):
            for process in self.members():
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signum)
            deadline = time.monotonic() + seconds
            while self.members() and time.monotonic() < deadline:
                time.sleep(0.05)
        self.record.unlink(missing_ok=True)


def processes() -> Iterator[Running]:
    """Every process but those that only wait for their parent to notice that they ended."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                process = Running.parse((entry / "stat").read_text(errors="replace"))
            except (FileNotFoundError, ProcessLookupError):
                continue
            if not process.is_zombie:
                yield process
