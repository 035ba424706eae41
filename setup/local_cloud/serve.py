"""`serve`: deploy to servers that others run, and serve the API for as long as it works.

The emulator forgets everything when it stops, and `docker compose` may restart any server. When the
API has stopped working this ends with an error, and Docker starts it again: then it waits for the
servers and deploys. So it never serves an API that does not work.
"""

import argparse
import time
import urllib.error
import urllib.request

import environment
import front
from loopback import http
from stack import Stack
from steps import Failure, step

# Servers that have just started may refuse what they take a little later.
ATTEMPTS = 5
SECONDS_BETWEEN_ATTEMPTS = 3

SECONDS_BETWEEN_CHECKS = 5
# One failure may be a pause of a busy machine.
FAILURES_IN_A_ROW = 2
SECONDS_FOR_AN_ANSWER = 20

# Docker does not start again what ends so: the same would fail in the same way.
ENDED_FOR_GOOD = 0


def run(
    options: argparse.Namespace, servers: tuple[str, str, str], parameters: dict[str, str]
) -> int:
    """Deploy to the database, Valkey and emulator of these URLs, and serve."""
    stack = Stack(options.state)

    def api_url() -> str:
        return environment.read(stack.state / "env")["API_URL"]

    try:
        deploy(stack, servers, parameters)
    except Failure as failure:
        print(f"\n{failure.report()}", flush=True)
        return ENDED_FOR_GOOD
    with step("api", "waiting for the store of jobs and the database"):
        while problem(api_url()):
            time.sleep(1)
    front.start(api_url, options.address, (front.API_PORT, front.DASHBOARD_PORT), options.host)
    if options.links:
        bucket = environment.read(stack.state / "env")["OBJECTS_BUCKET"]
        front.start_links(servers[2], bucket, options.address, options.host)
    print(f"API on port {front.API_PORT}, dashboard on port {front.DASHBOARD_PORT}", flush=True)
    failures = 0
    while failures < FAILURES_IN_A_ROW:
        time.sleep(SECONDS_BETWEEN_CHECKS)
        why = problem(api_url())
        failures = failures + 1 if why else 0
    raise Failure(f"the API has stopped working: {why}")


def deploy(stack: Stack, servers: tuple[str, str, str], parameters: dict[str, str]) -> None:
    """Wait for the emulator and deploy; what depends on servers is tried more than once."""
    for attempt in range(1, ATTEMPTS + 1):
        with step("emulator", f"waiting for {servers[2]}"):
            while not answers(servers[2]):
                time.sleep(0.5)
        try:
            stack.deploy_to(*servers, parameters)
            return
        except Failure as failure:
            if failure.step != "deploy" or attempt == ATTEMPTS:
                raise
            print(f"\n{failure.report()}\n", flush=True)
            time.sleep(SECONDS_BETWEEN_ATTEMPTS)


def answers(endpoint: str) -> bool:
    try:
        http.open(endpoint, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()  # an answer, too
    except OSError:
        return False
    return True


def problem(api_url: str) -> str | None:
    """Why the API does not list jobs, for which it asks their store, or plan one of a database."""
    plan = urllib.request.Request(f"{api_url}/compute_min_distance?dry_run=true", method="POST")
    try:
        for request in (f"{api_url}/tasks?limit=1", plan):
            http.open(request, timeout=SECONDS_FOR_AN_ANSWER).close()
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code}, {error.read().decode(errors='replace')}"
    except OSError as error:
        return str(error)
    return None
