"""PgBouncer before PostgreSQL, in session mode and in transaction mode."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import account
import ports
import postgres
from background import server_at
from postgres_versions import SUITES, of_local_cloud, running, variables
from process import Server
from run import Engine, Run, Suite
from steps import Failure

MODES = ("session", "transaction")

# A pool of two connections that all its clients share; the other databases have pools of their own.
SHARED = "shared"

# Two hundred databases of the tests, each with a pool.
SETTINGS = {"max_connections": "500"}

# docs/engines.md says why each cannot hold behind a pooler.
SKIPPED = (
    "connections::",
    "equality::",
    "privileges::a_database_that_does_not_exist",
    "reader_role::it_holds_no_more_connections",
    "reading::a_chunk_takes_one_backend",
    "settings::",
    "turn::",
)


def runs() -> Iterator[Run]:
    for mode in MODES:
        suites = (Suite("other clients of the pool", "other_databases", ("pooler::",)), *SUITES)
        name, engine = f"pgbouncer-{mode}", f"PgBouncer, {mode} mode"
        yield Run(name, engine, "1", partial(serving, mode), suites, SKIPPED)


@contextmanager
def serving(mode: str) -> Iterator[Engine]:
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not program:
        raise Failure("pgbouncer is missing: apt-get install pgbouncer")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()
    with running(of_local_cloud, SETTINGS) as (url, of_server), pooling(program, mode, url) as port:
        given = variables(url) | {"POOLER_ADDRESS": f"127.0.0.1:{port}"}
        yield Engine(f"{version[1]}, PostgreSQL {of_server}", given)


@contextmanager
def pooling(program: str, mode: str, url: str) -> Iterator[int]:
    """The port of a pooler before the server of `url`."""
    owner = account.for_postgres()
    [port] = ports.choose(1)
    server = server_at("pgbouncer", port)
    with tempfile.TemporaryDirectory(prefix="pgfold-engine-") as scratch:
        home = Path(scratch)
        config = write_config(home, mode, url, port)
        account.give(owner, home)
        try:
            server.start([program, config], env={}, identity=account.identity(owner))
            wait_until_ready(server, port)
            yield port
        finally:
            server.stop()


def write_config(home: Path, mode: str, url: str, port: int) -> Path:
    """As the package has it, except its mode; any role of the server may log in."""
    address = url.rpartition("@")[2].partition("/")[0]
    host, _, server_port = address.partition(":")
    at = f"host={host} port={server_port}"
    users = home / "users.txt"
    users.write_text(f'"{postgres.NAME}" "{postgres.PASSWORD}"\n')
    config = home / "pgbouncer.ini"
    config.write_text(f"""\
[databases]
{SHARED} = {at} dbname={postgres.NAME} pool_size=2
* = {at}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
auth_user = {postgres.NAME}
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
pool_mode = {mode}
default_pool_size = 20
max_client_conn = 1000
server_idle_timeout = 5
""")
    return config


def wait_until_ready(server: Server, port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            postgres.query(postgres.url(port, SHARED), "SELECT 1")
            return
        except Failure as failure:
            if not server.is_running() or time.monotonic() > deadline:
                raise Failure(f"pgbouncer does not answer: {failure.why}", log=server.log) from None
        time.sleep(0.05)
