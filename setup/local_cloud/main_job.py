"""The main job: the smallest distance in the table by map-reduce, beside what SQL says."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

import postgres
from loopback import http
from steps import Failure, Step, step

SQL = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points"
SECONDS_TO_WAIT = 300
REMEDY = "`make logs` shows what the functions said"


def run(variables: Mapping[str, str], api: str, dashboard: str) -> int:
    """Run the job, compare it with SQL, and return the exit status."""
    with step("job", "POST /compute_min_distance") as current:
        started = time.monotonic()
        _, _, body = request("POST", f"{api}/compute_min_distance")
        task_id = json.loads(body)["task_id"]
        answer = wait_for_result(current, f"{api}/get_min_distance/{task_id}")
        job_seconds = time.monotonic() - started
    with step("sql", SQL):
        started = time.monotonic()
        expected = postgres.query(variables["DATABASE_URL"], SQL)
        sql_seconds = time.monotonic() - started

    result = answer["result"]
    equal = is_equal(result, expected)
    print_answer(answer)
    print_line("pgfold", f"{result} in {job_seconds:.2f} s from the call to the answer")
    print_line("SQL", f"{expected or None} in {sql_seconds:.2f} s")
    print_line("equal", "yes, bit for bit" if equal else "NO")
    print_next(api, dashboard, task_id)
    return 0 if equal else 1


def is_equal(result: str | None, expected: str) -> bool:
    """Whether both are the same double, or both say that there is no row."""
    if result is None or expected == "":
        return result is None and expected == ""
    return float(result) == float(expected)


def wait_for_result(current: Step, url: str) -> dict:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while time.monotonic() < deadline:
        status, headers, body = request("GET", url)
        if status == 200:
            return json.loads(body)
        current.sign_of_life(f"chunks done: {headers.get('X-Chunks-Done', 'unknown')}")
        time.sleep(0.05)
    raise Failure(f"GET {url} still has no answer after {SECONDS_TO_WAIT} s", remedy=REMEDY)


def request(method: str, url: str) -> tuple[int, Mapping[str, str], bytes]:
    try:
        with http.open(urllib.request.Request(url, method=method), timeout=60) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        body = error.read().decode(errors="replace")
        raise Failure(f"{method} {url} answered {error.code}: {body}", remedy=REMEDY) from None


def print_answer(answer: Mapping) -> None:
    print()
    if pair := answer.get("pair"):
        print_line("nearest", ", ".join(f"{name} {value}" for name, value in pair.items()))
    if "rows" in answer:
        print_line("rows", f"{answer['rows']:,}")
    if chunks := answer.get("chunks"):
        print_line(
            "chunks",
            "; ".join(f"{chunk['rows']:,} rows in {chunk['map_ms']} ms" for chunk in chunks),
        )
    if "elapsed_ms" in answer:
        print_line("elapsed", f"{answer['elapsed_ms']} ms by the service's own clock")


def print_line(name: str, value: str) -> None:
    print(f"  {name:<8} {value}")


def print_next(api: str, dashboard: str, task_id: str) -> None:
    print(f"""
The stack is still running:
  {dashboard}
  curl -X POST {api}/compute_min_distance
  curl {api}/get_min_distance/{task_id}
  make down""")
