"""LocalStack from PyPI, in host mode: one process, no Docker, no token."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.request import Request

import environment
import ports
import tools
from background import server_at
from loopback import http
from process import Server
from run import Engine, Run, Suite
from steps import step

SUITES = (Suite("the promises of a queue", "backends", ("conformance::sqs::",)),)

ENVIRONMENT = tools.TOOLS / "localstack"


def runs() -> Iterator[Run]:
    yield Run("localstack", "LocalStack", "4", serving, SUITES)


@contextmanager
def serving() -> Iterator[Engine]:
    with running(["-m", "localstack.runtime.main"]) as (endpoint, version):
        yield Engine(version, environment.for_local_programs(environment.aws_client(endpoint)))


@contextmanager
def running(
    program: list[str | Path], more_settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, str]]:
    """The endpoint of a LocalStack that its Python runs as `program`, and its version."""
    with step("tools", "LocalStack") as current:
        tools.install_requirements(current, ENVIRONMENT, "localstack.txt")
    [port] = ports.choose(1)
    server = server_at("localstack", port)
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="pgfold-engine-") as scratch:
        try:
            argv = [ENVIRONMENT / "bin" / "python", *program]
            env = settings(port, Path(scratch)) | dict(more_settings)
            server.start(argv, env=env, cwd=Path(scratch))
            yield endpoint, wait_until_ready(server, endpoint)
        finally:
            server.stop()


def settings(port: int, scratch: Path) -> dict[str, str]:
    """Its whole environment."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        # Its other server listens on every address, whatever GATEWAY_LISTEN says.
        "GATEWAY_SERVER": "hypercorn",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        # So it names itself in the URLs of queues, in a way that every resolver knows.
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "SQS_ENDPOINT_STRATEGY": "path",
        "DNS_ADDRESS": "0",
        # It takes some containers for its own image, and would write as if it were in one.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(scratch / "files"),
        # It reports its use, and downloads a certificate.
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }


def wait_until_ready(server: Server, endpoint: str) -> str:
    """The version that it answers with."""
    server.wait_until(lambda: answers(endpoint), seconds=120, else_="LocalStack does not start")
    with http.open(f"{endpoint}/_localstack/health", timeout=5) as answer:
        return json.load(answer)["version"]


def answers(endpoint: str) -> bool:
    """Whether it answers for SQS, which it loads at the first request; that takes seconds."""
    scope = f"test/20260101/{environment.REGION}/sqs/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.ListQueues",
        # It reads in this for which service a request is.
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}",
    }
    try:
        http.open(Request(endpoint, b"{}", headers), timeout=60)
    except OSError:
        return False
    return True
