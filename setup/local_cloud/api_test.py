"""`test-api`: the deployed API against its own description, by generated requests."""

import argparse
import os

import command
import tools
from paths import CHECKOUT, LOCAL
from steps import Failure, step

ENVIRONMENT = tools.TOOLS / "api"
TESTS = CHECKOUT / "tests" / "api"


def run(options: argparse.Namespace) -> int:
    """Test the API of the stack that set this environment."""
    url = os.environ.get("API_URL")
    if not url:
        raise Failure("API_URL is not set", remedy="make test, which starts a stack for the tests")
    with step("tools", "Schemathesis") as current:
        tools.install_requirements(current, ENVIRONMENT, "api.txt")
    program = ENVIRONMENT / "bin" / "schemathesis"
    # Schemathesis looks for the server ".", which is relative to the description, at the root.
    argv = [program, "--config-file", TESTS / "schemathesis.toml"]
    argv += ["run", f"{url}/openapi.json", "--url", url]
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "SCHEMATHESIS_HOOKS": "hooks"}
    return command.run_in_foreground(argv, env=environment, cwd=LOCAL)  # where it leaves files
