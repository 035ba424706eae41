"""DynamoDB Local, which AWS makes; its jar comes from npm."""

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import environment
import npm
import ports
import tools
from background import server_at
from loopback import http
from process import Server
from run import Engine, Run, Suite
from steps import Failure

SUITES = (
    Suite("the promises of a store", "backends", ("conformance::dynamodb::",)),
    Suite("what DynamoDB bills and drops", "backends", ("dynamodb::",), others=("conformance::",)),
)

PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
# Within the package.
HOME = Path("package") / "emulator"

BESIDE = Path(__file__).resolve().parent


def runs() -> Iterator[Run]:
    yield Run("dynamodb-local", "DynamoDB Local", "1", serving, SUITES)


@contextmanager
def serving() -> Iterator[Engine]:
    """A server with the table of jobs."""
    with running() as (endpoint, version):
        variables = environment.for_local_programs(environment.aws_client(endpoint))
        yield Engine(version, variables | {"JOBS_TABLE": create_table(variables)})


@contextmanager
def running() -> Iterator[tuple[str, str]]:
    """The endpoint of a server that keeps everything in memory, and its version."""
    java = shutil.which("java")
    if not java:
        raise Failure("java is missing: apt-get install default-jre-headless")
    tools.install()
    [port] = ports.choose(1)
    server = server_at("dynamodb-local", port)
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="pgfold-engine-") as scratch:
        with tarfile.open(npm.download(PACKAGE, VERSION)) as package:
            package.extractall(scratch, filter="data")
        try:
            start(server, java, Path(scratch), port)
            yield endpoint, wait_until_ready(server, endpoint)
        finally:
            server.stop()


def start(server: Server, java: str, scratch: Path, port: int) -> None:
    libraries = scratch / HOME / "DynamoDBLocal_lib"
    argv = [
        java,
        f"-Djava.library.path={libraries}",
        "-cp",
        f"{scratch / HOME / 'DynamoDBLocal.jar'}{os.pathsep}{libraries}/*",
        BESIDE / "ListenOnLoopback.java",
        *("-inMemory", "-disableTelemetry", "-port", str(port)),
    ]
    server.log.unlink(missing_ok=True)
    server.start(argv, env={"PATH": os.defpath, "HOME": str(scratch)}, cwd=scratch)


def wait_until_ready(server: Server, endpoint: str) -> str:
    """The version that it logs."""
    server.wait_until(lambda: answers(endpoint), seconds=60, else_="DynamoDB Local does not start")
    logged = re.search(r"^Version:\s*(\S+)", server.log.read_text(), re.MULTILINE)
    return logged[1] if logged else "unknown"


def answers(endpoint: str) -> bool:
    try:
        http.open(endpoint, timeout=5)
    except OSError as error:
        # A request without a signature is refused, by a server that is up.
        return getattr(error, "code", None) == 400
    return True


def create_table(variables: Mapping[str, str]) -> str:
    program = [tools.CLOUD / "bin" / "python", BESIDE / "create_table.py"]
    created = subprocess.run(program, env=dict(variables), capture_output=True, text=True)
    if created.returncode:
        last = (created.stderr.strip().splitlines() or ["create_table.py failed"])[-1]
        raise Failure(f"the table of jobs was not created: {last}")
    return created.stdout.strip()
