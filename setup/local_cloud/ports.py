"""Ports for servers. None is fixed, so several stacks live side by side."""

import socket
from contextlib import ExitStack
from pathlib import Path


def keep_or_choose(record: Path) -> int:
    """The port used before if nothing else has it now, so that addresses survive a restart."""
    if record.exists():
        port = int(record.read_text())
        if is_free(port):
            return port
    [port] = choose(1)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(f"{port}\n")
    return port


def choose(count: int) -> list[int]:
    """Ports that nothing listens on, no two the same."""
    with ExitStack() as probes:
        taken = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in taken:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in taken]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do it: a port is not taken by connections that have just closed.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
