"""One job that fits any table, and leaves nothing behind.

The kernel `distinct` takes a column of any type, so it can read any source. A table may be of any
size, so its job is cut into small chunks, and a few of them are enough: then it is cancelled.
"""

import time
from collections.abc import Mapping
from typing import Protocol

DEFAULT = {"kernel": "distinct"}

# A chunk of so many rows takes a mapper about a second.
ROWS_OF_A_CHUNK = 250_000
MOST_CHUNKS = 1000

# Chunks that show that mappers read the table and store records.
ENOUGH = 4
SECONDS = 120


class Api(Protocol):
    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]: ...


class Failed(Exception):
    """The job did not do what it should; says what the API said."""


def run(api: Api, wanted: Mapping) -> str:
    """Run such a job, and return a sentence about it. Raises `Failed`."""
    plan = answer(api.ask("POST", "/tasks?dry_run=true", dict(wanted)), "the dry run")
    chunks = min(MOST_CHUNKS, max(1, -(-plan["estimated_rows"] // ROWS_OF_A_CHUNK)))
    submitted = api.ask("POST", "/tasks", {"chunks": chunks} | dict(wanted))
    task = answer(submitted, "the submission")["task_id"]
    try:
        job = wait(api, task)
    finally:
        # A job that has ended answers 409.
        status, _ = api.ask("DELETE", f"/tasks/{task}")
    if status not in (200, 409):
        raise Failed(f"{task} could not be cancelled: {status}")
    return f"{task}: {job['state']}, {job['progress']['done']} chunks, {job['rows']:,} rows"


def wait(api: Api, task: str) -> dict:
    """The job once it is complete, or enough of its chunks are."""
    job = {}
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        job = answer(api.ask("GET", f"/tasks/{task}?receipts=none"), task)
        if job["state"] == "completed":
            return job
        if job["state"] != "pending":
            raise Failed(f"{task} is {job['state']}: {job.get('error', 'it says no more')}")
        if job["progress"]["done"] >= ENOUGH:
            return job
        time.sleep(1)
    last = job.get("last_error", {}).get("error", "no attempt has failed")
    raise Failed(f"{task} has done {job['progress']['done']} chunks in {SECONDS} s; {last}")


def answer(answered: tuple[int, dict], what: str) -> dict:
    status, said = answered
    if status != 200:
        raise Failed(f"{what} is answered {status}: {said.get('error', said)}")
    return said
