"""What `make run` shows: the smallest distance in the table by map-reduce and by SQL."""

import json
import os
import time
import urllib.request
import uuid
from collections.abc import Mapping

import command
import postgres
from build import client
from loopback import http
from paths import CHECKOUT
from steps import step

SQL = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points"


def run(variables: Mapping[str, str], api: str, dashboard: str) -> int:
    """Run the job with the command line, compare it with SQL, and return the exit status."""
    key = str(uuid.uuid4())
    print("\n$ pgfold run", flush=True)
    argv = [client(), "--url", api, "run", "--idempotency-key", key]
    started = time.monotonic()
    if status := command.run_in_foreground(argv):
        print("`make logs` shows the logs of the functions")
        return status
    job_seconds = time.monotonic() - started
    print()
    with step("sql", SQL):
        started = time.monotonic()
        expected = postgres.query(variables["DATABASE_URL"], SQL)
        sql_seconds = time.monotonic() - started

    task_id, result = result_of(api, key)
    equal = is_equal(result, expected)
    print(f"  pgfold  {result} in {job_seconds:.2f} s from the command to the answer")
    print(f"  SQL     {expected or None} in {sql_seconds:.2f} s")
    print(f"  equal   {'yes, bit for bit' if equal else 'NO'}")
    print_next(api, dashboard, task_id)
    return 0 if equal else 1


def show_sources(api: str, dashboard: str) -> int:
    """List the sources of a database of the user's, who alone knows what to compute over them."""
    print("\n$ pgfold sources", flush=True)
    if status := command.run_in_foreground([client(), "--url", api, "sources"]):
        return status
    print(f"""
The stack is running. Its dashboard is {dashboard}
  export PATH="{path_of_client()}:$PATH"
  pgfold run --kernel summary --source … --column …
  pgfold kernels
  make down""")
    return 0


def result_of(api: str, key: str) -> tuple[str, str | None]:
    """The job of an idempotency key and its result: the same request again starts nothing."""
    body, headers = b"{}", {"Idempotency-Key": key}
    again = urllib.request.Request(f"{api}/compute_min_distance", body, headers, method="POST")
    with http.open(again, timeout=60) as response:
        task_id = json.load(response)["task_id"]
    with http.open(f"{api}/get_min_distance/{task_id}", timeout=60) as response:
        return task_id, json.load(response)["result"]


def is_equal(result: str | None, expected: str) -> bool:
    """Whether both are the same double, or both say that the table has no row."""
    if result is None or expected == "":
        return result is None and expected == ""
    return float(result) == float(expected)


def print_next(api: str, dashboard: str, task_id: str) -> None:
    print(f"""
The stack is still running. Its dashboard is {dashboard}
  export PATH="{path_of_client()}:$PATH"
  pgfold run --kernel summary --column x1
  curl -X POST {api}/compute_min_distance
  curl {api}/get_min_distance/{task_id}
  make down""")


def path_of_client() -> str:
    """The folder of the command line, as a shell in the checkout finds it."""
    programs = os.path.relpath(client().parent, CHECKOUT)
    return str(client().parent) if programs.startswith("..") else f"$PWD/{programs}"
