"""An environment of every deployed function in AWS's runtime interface emulator.

They have the deployed functions' variables, but for the queue of chunks, which is one that no
deployed mapper is behind: what submit sends waits there for the test to hand it on.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import deployed_functions
from build import functions_of_template
from process import Server
from runtime_emulator import RuntimeEmulator
from side_queue import SideQueue


class Missing(Exception):
    """A variable of the environment that is not set."""

    def __init__(self, name: str):
        super().__init__(f"{name} is not set: `make test` starts a stack and sets it")


@dataclass(frozen=True)
class Environments:
    """One of each function, by the names of their folders, and the queue between them."""

    functions: Mapping[str, RuntimeEmulator]
    queue: SideQueue
    database_url: str

    @classmethod
    def start(cls, running: ExitStack) -> "Environments":
        """Start them; they end with `running`, or at the latest with the stack."""
        endpoint, state = variable("AWS_ENDPOINT_URL"), Path(variable("STACK_STATE"))
        programs, database_url = Path(variable("FUNCTIONS_DIR")), variable("DATABASE_URL")
        queue = SideQueue.create(endpoint, "invoked")
        deployed = deployed_functions.functions(endpoint)
        started = {}
        for function, logical_id in functions_of_template().items():
            name = f"invoked-{function}"
            server = Server(record=state / "run" / name, log=state / "log" / f"{name}.log")
            variables = deployed[logical_id].environment(endpoint) | {"CHUNKS_QUEUE_URL": queue.url}
            emulator = RuntimeEmulator(server, programs / logical_id / "bootstrap", variables)
            started[function] = running.enter_context(emulator)
        return cls(started, queue, database_url)

    def invoke(self, function: str, event: Mapping) -> dict:
        return self.functions[function].invoke(event)


def variable(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise Missing(name) from None
