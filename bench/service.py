"""Measures one job of a service that keeps running: time, and CPU and memory of its processes."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException

import process_tree
from run import Run
from steps import Failure
from watchdog import Bounds, Watchdog

SECONDS_BETWEEN_LOOKS = 0.1
# What a process that only waits may use between two looks.
IDLE_SECONDS = 0.002


@dataclass
class CpuMeter:
    """Adds up the CPU time of processes from when it is made, those included that end."""

    members: Callable[[], list[int]]
    used: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = self.total()

    def total(self) -> float:
        for pid in self.members():
            self.used[pid] = max(process_tree.cpu_seconds(pid), self.used.get(pid, 0.0))
        return sum(self.used.values())

    def seconds_until_idle(self) -> float:
        """What was used, after whatever follows the answer is done too."""
        last = self.total()
        for _ in range(20):
            time.sleep(SECONDS_BETWEEN_LOOKS)
            now = self.total()
            if now - last < IDLE_SECONDS:
                break
            last = now
        return now - self.before


def measure(
    job: Callable[[], tuple[float, int | None]],
    members: Callable[[], list[int]],
    memory: Callable[[], int],
    stop: Callable[[], None],
    bounds: Bounds,
) -> Run:
    """Run one job of a service; `members` returns its processes."""
    cpu = CpuMeter(members)
    answer, failure = (None, None), None
    with Watchdog(memory, bounds, stop) as watchdog:
        started = time.perf_counter()
        try:
            answer = job()
        except (OSError, HTTPException) as error:
            failure = error
        seconds = time.perf_counter() - started
    if failure and not watchdog.stopped:
        raise Failure(f"a job over HTTP failed: {failure}") from failure
    return Run(
        seconds=seconds,
        cpu_seconds=cpu.seconds_until_idle(),
        peak_bytes=max(watchdog.peak_bytes, memory()),
        result=answer[0],
        rows=answer[1],
        stopped=watchdog.stopped,
    )
