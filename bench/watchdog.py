"""Watches how much memory a contender takes, and stops it before the machine suffers."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bounds:
    """The limits of a contender."""

    seconds: float
    bytes: int


@dataclass
class Watchdog:
    """Looks at memory while a `with` block runs; `stop` must end what the block waits for."""

    memory: Callable[[], int]
    bounds: Bounds
    stop: Callable[[], None]
    peak_bytes: int = 0
    stopped: str | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Watchdog":
        self.started = time.monotonic()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        self.thread.join()

    def seconds_to_next_look(self) -> float:
        """A twentieth of the time so far, because looking costs the contender time, too."""
        return min(max((time.monotonic() - self.started) / 20, 0.005), 0.2)

    def watch(self) -> None:
        while not self.over.wait(self.seconds_to_next_look()):
            self.peak_bytes = max(self.peak_bytes, self.memory())
            after = time.monotonic() - self.started
            if self.peak_bytes > self.bounds.bytes:
                self.stopped = f"over {self.bounds.bytes / 1e9:.0f} GB after {after:.0f} s"
            elif after > self.bounds.seconds:
                self.stopped = f"no answer after {after:.0f} s"
            if self.stopped:
                self.stop()
                return
