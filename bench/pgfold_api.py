"""pgfold on the warm local cloud as a contender: its functions, called through its API."""

from dataclasses import dataclass

import http_job
import process_tree
import service
from process import Server
from run import Run
from settings import Settings
from stack import Stack
from truth import POW
from watchdog import Bounds

# The emulator calls a function's program what Lambda calls it.
FUNCTION = "bootstrap"

# The API answers as soon as the job ends, so there is no need to poll.
WAIT = {"Prefer": "wait=20"}


@dataclass(frozen=True)
class PgfoldApi:
    """The deployed stack, and which of its sources to read."""

    base_url: str
    emulator: Server
    source: str = "points"
    key: str = "api"
    title: str = "pgfold on the warm local cloud"
    accepts: str = POW

    @classmethod
    def of(cls, settings: Settings, source: str = "points") -> "PgfoldApi":
        return cls(settings.api_url, Stack(settings.state).server("emulator"), source)

    def run(self, database_url: str, bounds: Bounds) -> Run:
        """One job, from the POST to the answer. The emulator's CPU and memory do not count."""
        return service.measure(self.job, self.members, self.memory, lambda: None, bounds)

    def job(self) -> tuple[float, int]:
        answer = http_job.run(self.base_url, {"source": self.source}, WAIT)
        return float(answer["result"]), answer["rows"]

    def members(self) -> list[int]:
        pids = process_tree.tree(self.emulator.leader().pid)
        return [pid for pid in pids if process_tree.name(pid) == FUNCTION]

    def memory(self) -> int:
        """The sum of the peaks of all functions, as if all were at the same moment."""
        return sum(map(process_tree.peak_bytes, self.members()))
