"""MiniStack, which plays SQS, DynamoDB, S3, API Gateway, Lambda and CloudFormation on one port."""

import os
from pathlib import Path

import ports
import tools
from environment import REGION, aws_client
from loopback import http
from process import Server

PROGRAM = Path(__file__).with_name("scheduling_emulator.py")


def up(server: Server, port_record: Path, scratch: Path, enforces_iam: bool = False) -> str:
    """Start it unless it runs, and return its endpoint. It forgets everything when it stops."""
    if not server.is_running():
        server.stop()  # functions that outlived it
        scratch.mkdir(parents=True, exist_ok=True)
        port = ports.keep_or_choose(port_record)
        env = settings(port, scratch) | ({"AUTH": "true"} if enforces_iam else {})
        # -P: its modules are not those beside the program.
        server.start([tools.CLOUD / "bin" / "python", "-P", PROGRAM], env=env)
    endpoint = f"http://127.0.0.1:{int(port_record.read_text())}"
    server.wait_until(lambda: answers(endpoint), seconds=30, else_="the emulator did not start")
    return endpoint


def settings(port: int, scratch: Path) -> dict[str, str]:
    """Its whole environment, which its functions inherit: so nothing of the caller's is in it."""
    return aws_client(f"http://127.0.0.1:{port}") | {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "STATE_DIR": str(scratch / "state"),
        "S3_DATA_DIR": str(scratch / "s3"),
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        # Listen on loopback only, and name it in queue URLs in a way that every resolver knows.
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It cleans up containers that it finds, and those may be somebody else's.
        "DOCKER_HOST": "unix:///nonexistent",
    }


def answers(endpoint: str) -> bool:
    try:
        http.open(f"{endpoint}/_ministack/health", timeout=5)
        return True
    except OSError:
        return False
