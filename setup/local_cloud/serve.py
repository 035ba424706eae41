"""`serve`: deploy to servers that others run, serve the API, and deploy again what gets lost.

The emulator forgets everything when it stops. `docker compose` may restart it, or all of it.
"""

import argparse
import time
import urllib.error

import deployed_functions
import environment
import front
from loopback import http
from stack import Stack
from steps import Failure, step
from template_functions import functions

# Servers that have just started may refuse what they take a little later.
ATTEMPTS = 5
SECONDS_BETWEEN_ATTEMPTS = 3

PATIENCE_SECONDS = 300


def run(
    options: argparse.Namespace, servers: tuple[str, str, str], parameters: dict[str, str]
) -> None:
    """Deploy to the database, Valkey and emulator of these URLs, until told to stop."""
    stack = Stack(options.state)
    endpoint = servers[2]

    def api_url() -> str:
        return environment.read(stack.state / "env")["API_URL"]

    deploy(stack, servers, parameters)
    front.start(api_url, options.address, (front.API_PORT, front.DASHBOARD_PORT), options.host)
    print(f"API on port {front.API_PORT}, dashboard on port {front.DASHBOARD_PORT}", flush=True)
    while True:
        time.sleep(1)
        if not is_deployed(endpoint):
            print("\nthe emulator has lost what was deployed", flush=True)
            deploy(stack, servers, parameters)


def deploy(stack: Stack, servers: tuple[str, str, str], parameters: dict[str, str]) -> None:
    """Wait for the emulator and deploy; what depends on servers is tried more than once."""
    for attempt in range(1, ATTEMPTS + 1):
        wait_for_emulator(servers[2])
        try:
            stack.deploy_to(*servers, parameters)
            return
        except Failure as failure:
            if failure.step != "deploy" or attempt == ATTEMPTS:
                raise
            print(f"\n{failure.report()}\n", flush=True)
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def wait_for_emulator(endpoint: str) -> None:
    with step("emulator", f"waiting for {endpoint}"):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not answers(endpoint):
            if time.monotonic() > deadline:
                raise Failure(
                    f"nothing answers at {endpoint}, which AWS_ENDPOINT_URL names",
                    remedy="start it: docker compose up",
                )
            time.sleep(0.5)


def answers(endpoint: str) -> bool:
    try:
        http.open(endpoint, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()  # an answer, too
    except OSError:
        return False
    return True


def is_deployed(endpoint: str) -> bool:
    """Whether the emulator has all functions; yes if it does not answer, which it may yet do."""
    try:
        deployed = deployed_functions.functions(endpoint)
    except (OSError, ValueError):
        return True
    return all(function.name in deployed for function in functions())
