"""Events as Lambda functions get them: the samples of tests/events with something else in them."""

import json
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "events"


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def submit(body: dict, query: str = "") -> dict:
    """`POST /compute_min_distance` with a body."""
    return sample("submit") | {"body": json.dumps(body), "rawQueryString": query}


def result(task_id: str) -> dict:
    return about("result", task_id)


def monitor(task_id: str) -> dict:
    """`GET /tasks/{task_id}`."""
    event = about("cancel", task_id)
    event["requestContext"]["http"]["method"] = "GET"
    return event


def about(name: str, task_id: str) -> dict:
    """A request whose path names a job."""
    event = sample(name)
    known = event["pathParameters"]["task_id"]
    return json.loads(json.dumps(event).replace(known, task_id))


def chunk(body: str) -> dict:
    """What brings a mapper one message."""
    return delivery("chunk", body)


def dead_letter(body: str) -> dict:
    """What brings the same message to the function behind the dead-letter queue."""
    return delivery("dead_letter", body)


def delivery(name: str, body: str) -> dict:
    event = sample(name)
    event["Records"][0]["body"] = body
    return event
