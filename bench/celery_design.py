"""The Celery design as a contender: its web process, its worker and its broker, kept warm."""

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import http_job
import ports
import process_tree
import service
from loopback import http
from process import Server
from run import Run
from settings import Settings
from stack import Stack
from steps import Failure
from truth import TEN_DECIMALS
from watchdog import Bounds

HERE = Path(__file__).parent

# How it writes its data frames: as the demo does, or in the fewest bytes of what pandas offers.
ORIENTS = {"celery": "columns", "celery-split": "split"}
TITLES = {
    "celery": "the Celery design, services warm",
    "celery-split": 'the same with orient="split"',
}
PYTHON = [sys.executable, "-m"]


@dataclass(frozen=True)
class CeleryDesign:
    """Its services while they run, for one table."""

    web: Server
    worker: Server
    broker: Server
    web_port: int
    key: str
    title: str
    accepts: str = TEN_DECIMALS

    def run(self, database_url: str, bounds: Bounds) -> Run:
        """One job, from the POST to the answer. Its broker's CPU and memory do not count."""
        return service.measure(self.job, self.members, self.memory, self.stop, bounds)

    def job(self) -> tuple[float, None]:
        base_url = f"http://127.0.0.1:{self.web_port}"
        answer = http_job.run(base_url, None, {})
        return float(answer["result"]), None

    def members(self) -> list[int]:
        leaders = [server.leader() for server in (self.web, self.worker)]
        return [pid for leader in leaders if leader for pid in process_tree.tree(leader.pid)]

    def memory(self) -> int:
        return process_tree.resident_bytes(self.members())

    def stop(self) -> None:
        for server in (self.web, self.worker, self.broker):
            server.stop()


@contextmanager
def running(settings: Settings, database_url: str, table: str = "points", key: str = "celery"):
    """Start the services, and stop them whatever happens."""
    stack = Stack(settings.state)
    web_port = ports.keep_or_choose(stack.port_record(f"{key}-web"))
    broker_port = ports.keep_or_choose(stack.port_record(f"{key}-broker"))
    web, worker, broker = (stack.server(f"{key}-{name}") for name in ("web", "worker", "broker"))
    design = CeleryDesign(web, worker, broker, web_port, key, TITLES[key])
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(HERE),
        # What SQLAlchemy calls psycopg 3.
        "DATABASE_URL": database_url.replace("postgresql://", "postgresql+psycopg://"),
        "BROKER_URL": f"redis://127.0.0.1:{broker_port}/0",
        "TABLE": table,
        "JSON_ORIENT": ORIENTS[key],
    }
    valkey = [settings.valkey_server, "--bind", "127.0.0.1", "--port", str(broker_port)]
    flask = ["flask", "--app", "celery_demo.web", "run", "--port", str(web_port)]
    celery = ["celery", "--app", "celery_demo.tasks", "worker", "--concurrency", "4"]
    design.stop()
    try:
        broker.start([*valkey, "--save", "", "--appendonly", "no"], env={})
        web.start([*PYTHON, *flask], env=environment)
        worker.start([*PYTHON, *celery, "--loglevel", "WARNING"], env=environment)
        wait_until_up(design)
        yield design
    finally:
        design.stop()


def wait_until_up(design: CeleryDesign) -> None:
    """Until the web process answers; the first job then waits for the worker."""
    deadline = time.monotonic() + 60
    while True:
        try:
            http.open(f"http://127.0.0.1:{design.web_port}/", timeout=5)
            return
        except OSError:
            if not design.web.is_running() or time.monotonic() > deadline:
                raise Failure("the Celery design did not start", log=design.web.log) from None
            time.sleep(0.05)
