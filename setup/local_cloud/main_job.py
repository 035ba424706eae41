"""The main job: the smallest distance in the table by map-reduce, beside what SQL says."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

import postgres
from steps import Failure, Step, step

SQL = "SELECT min(sqrt((x2-x1)^2 + (y2-y1)^2)) FROM points"
SECONDS_TO_WAIT = 300

# The stack is on loopback, where a proxy of the caller's has no business.
http = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run(variables: Mapping[str, str]) -> int:
    """Run the job, compare it with SQL, and return the exit status."""
    api = variables["API_URL"]
    with step("job", "POST /compute_min_distance") as current:
        started = time.monotonic()
        task_id = submit(api)
        answer = wait_for_result(current, api, task_id)
        job_seconds = time.monotonic() - started
    with step("sql", SQL):
        started = time.monotonic()
        expected = float(postgres.query(variables["DATABASE_URL"], SQL) or "nan")
        sql_seconds = time.monotonic() - started

    equal = answer["result"] is not None and float(answer["result"]) == expected
    print_answer(answer, expected, equal, job_seconds, sql_seconds)
    print_next(api, task_id)
    return 0 if equal else 1


def submit(api: str) -> str:
    _, _, body = request("POST", f"{api}/compute_min_distance")
    return json.loads(body)["task_id"]


def wait_for_result(current: Step, api: str, task_id: str) -> dict:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while time.monotonic() < deadline:
        status, headers, body = request("GET", f"{api}/get_min_distance/{task_id}")
        if status == 200:
            return json.loads(body)
        current.sign_of_life(f"chunks done: {headers.get('X-Chunks-Done', 'unknown')}")
        time.sleep(0.1)
    raise Failure(
        f"{task_id} has not ended after {SECONDS_TO_WAIT} s", remedy="see what the functions say in .local/log/emulator.log"
    )


def request(method: str, url: str) -> tuple[int, Mapping[str, str], bytes]:
    try:
        with http.open(urllib.request.Request(url, method=method), timeout=60) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        raise Failure(
            f"{method} {url} answered {error.code}: {error.read().decode(errors='replace')}",
            remedy="see what the functions say in .local/log/emulator.log",
        ) from None


def print_answer(answer: dict, expected: float, equal: bool, job_seconds: float, sql_seconds: float) -> None:
    lines = {
        "pgfold": f"{answer['result']}  in {job_seconds:.2f} s",
        "SQL": f"{expected!r}  in {sql_seconds:.2f} s",
        "equal": "yes, bit for bit" if equal else "NO",
        "nearest": json.dumps(answer.get("pair")),
        "rows": f"{answer.get('rows'):,}" if "rows" in answer else "unknown",
        "chunks": ", ".join(f"{chunk.get('rows', 0):,} rows" for chunk in answer.get("chunks") or []),
        "elapsed": f"{answer.get('elapsed_ms')} ms by the service's own clock",
    }
    print()
    for name, value in lines.items():
        print(f"  {name:<8} {value}")


def print_next(api: str, task_id: str) -> None:
    print(f"""
The stack is still running:
  curl -X POST {api}/compute_min_distance
  curl {api}/get_min_distance/{task_id}
  make down""")
