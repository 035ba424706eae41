"""The environment variables by which programs find the stack."""

import os
from collections.abc import Mapping
from pathlib import Path

from steps import Failure

REGION = "us-east-1"


def aws_client(endpoint: str) -> dict[str, str]:
    """The variables with which an AWS SDK talks to the emulator."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def for_local_programs(variables: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with `variables`, and with nothing that leads to a real account."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    isolated = {
        "AWS_DEFAULT_REGION": REGION,  # which boto3 reads instead of AWS_REGION
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    return inherited | isolated | variables


def read(file: Path) -> dict[str, str]:
    """The variables of a stack that is up."""
    if not file.exists():
        raise Failure("the stack is not up", remedy="make up")
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def write(file: Path, variables: Mapping[str, str]) -> None:
    """Write NAME=value lines, readable by their owner alone: one is a password."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
