"""Valkey as a cluster of three primaries, each with a replica, of the local cloud's program."""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import ports
import tools
import valkey
from background import server_at
from process import Server
from run import Engine, Run, Suite
from steps import Failure

SUITES = (
    Suite(
        "the promises of a store",
        "backends",
        ("conformance::valkey_cluster::", "conformance::valkey_as_cache_user::"),
    ),
    Suite("the user of the template", "backends", ("conformance::cache_user::",)),
    Suite("the Valkey suite", "backends", ("valkey::",), others=("conformance::", "tls::")),
    Suite("slots that move, failovers, full servers", "other_databases", ("valkey_cluster::",)),
)

SLOTS = 16384
PRIMARIES = 3

# A server that does not answer for so long has failed, in milliseconds.
NODE_TIMEOUT = 2000


@dataclass(frozen=True)
class Node:
    """A server of the cluster."""

    port: int
    bus_port: int
    server: Server

    def ask(self, command: str) -> str:
        return valkey.answer(self.port, command).decode(errors="replace")

    def order(self, command: str) -> None:
        answer = self.ask(command)
        if not answer.startswith("+OK"):
            raise Failure(f"Valkey refuses {command}: {answer.strip()}", log=self.server.log)

    def id(self) -> str:
        return self.ask("CLUSTER MYID").split()[1]


def runs() -> Iterator[Run]:
    engine = "Valkey, a cluster of three with replicas"
    yield Run("valkey-cluster", engine, "9", serving, SUITES)


@contextmanager
def serving() -> Iterator[Engine]:
    tools.install()
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="pgfold-engine-"))
        numbers = ports.choose(4 * PRIMARIES)
        nodes = []
        for port, bus_port in zip(numbers[::2], numbers[1::2], strict=True):
            node = Node(port, bus_port, server_at("valkey", port))
            stack.callback(node.server.stop)
            start(node, Path(scratch) / str(port))
            nodes.append(node)
        for node in nodes:
            wait(nodes, lambda node=node: node.ask("PING").startswith("+PONG"))
        join(nodes)
        version = re.search(r"^valkey_version:(\S+)", nodes[0].ask("INFO server"), re.MULTILINE)
        url = f"redis://127.0.0.1:{nodes[0].port}"
        yield Engine(version[1] if version else "unknown", {"VALKEY_URL": url})


def start(node: Node, home: Path) -> None:
    home.mkdir()
    options = {
        "bind": "127.0.0.1",
        "port": node.port,
        "save": "",
        "appendonly": "no",
        "cluster-enabled": "yes",
        "cluster-port": node.bus_port,
        "cluster-announce-ip": "127.0.0.1",
        "cluster-node-timeout": NODE_TIMEOUT,
        # A replica stays with its primary.
        "cluster-allow-replica-migration": "no",
        "repl-diskless-sync-delay": 0,
    }
    argv = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    node.server.start([valkey.program(), *argv], env={}, cwd=home)


def join(nodes: list[Node]) -> None:
    """Make a cluster of them: the first are primaries, each of the rest the replica of one."""
    first, *others = nodes
    primaries, replicas = nodes[:PRIMARIES], nodes[PRIMARIES:]
    for number, primary in enumerate(primaries):
        begin, end = (SLOTS * part // PRIMARIES for part in (number, number + 1))
        primary.order(f"CLUSTER ADDSLOTSRANGE {begin} {end - 1}")
        primary.order(f"CLUSTER SET-CONFIG-EPOCH {number + 1}")
    for other in others:
        first.order(f"CLUSTER MEET 127.0.0.1 {other.port} {other.bus_port}")
    known = f"cluster_known_nodes:{len(nodes)}"
    wait(nodes, lambda: all(known in node.ask("CLUSTER INFO") for node in nodes))
    for primary, replica in zip(primaries, replicas, strict=True):
        replica.order(f"CLUSTER REPLICATE {primary.id()}")
    linked = "master_link_status:up"
    wait(nodes, lambda: all(linked in node.ask("INFO replication") for node in replicas))
    wait(nodes, lambda: all("cluster_state:ok" in node.ask("CLUSTER INFO") for node in nodes))


def wait(nodes: list[Node], holds) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        for node in nodes:
            if not node.server.is_running():
                raise Failure("a server of Valkey's cluster has ended", log=node.server.log)
        if time.monotonic() > deadline:
            raise Failure("Valkey's cluster does not form", log=nodes[0].server.log)
        time.sleep(0.05)
