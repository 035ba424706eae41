"""What `make run` shows: the smallest distance in the table by map-reduce and by SQL."""

import json
import os
import time
import urllib.request
import uuid
from collections.abc import Mapping

import command
import postgres
from build import CLIENT, build_client
from loopback import http
from steps import step

SQL = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points"


def run(variables: Mapping[str, str], api: str, dashboard: str) -> int:
    """Run the job with the command line, compare it with SQL, and return the exit status."""
    build_client()
    key = str(uuid.uuid4())
    print("\n$ pgfold run", flush=True)
    argv = [CLIENT, "--url", api, "run", "--idempotency-key", key]
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
    build_client()
    print("\n$ pgfold sources", flush=True)
    if status := command.run_in_foreground([CLIENT, "--url", api, "sources"]):
        return status
    program = os.path.relpath(CLIENT)
    print(f"""
The stack is running:
  {dashboard}
  {program} run --kernel summary --source … --column …
  {program} kernels
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
The stack is still running:
  {dashboard}
  {os.path.relpath(CLIENT)} --help
  curl -X POST {api}/compute_min_distance
  curl {api}/get_min_distance/{task_id}
  make down""")
