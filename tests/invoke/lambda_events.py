"""Events as Lambda functions get them: the samples of tests/events with something else in them."""

import hashlib
import json
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "events"


def names() -> list[str]:
    """The names of all samples, each `FUNCTION/EVENT`."""
    files = sorted(SAMPLES.glob("*/*.json"))
    return [f"{file.parent.name}/{file.stem}" for file in files]


def answers() -> dict[str, dict]:
    """What a function says to its sample, by the sample's name.

    Of a request the `status` and some of what it `says`, of a message whether it `comes_back`. The
    job that the samples name is known to nobody.
    """
    return json.loads((SAMPLES / "answers.json").read_text())


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def submit(body: dict, query: str = "") -> dict:
    """`POST /compute_min_distance` with a body."""
    return sample("submit/demo") | {"body": json.dumps(body), "rawQueryString": query}


def task(body: dict) -> dict:
    """`POST /tasks` with a body."""
    return sample("submit/task") | {"body": json.dumps(body)}


def result(task_id: str) -> dict:
    """`GET /get_min_distance/{task_id}`."""
    return about("result/result", task_id)


def jobs(task_id: str) -> dict:
    """`GET /tasks/{task_id}`."""
    return about("jobs/tell", task_id)


def about(name: str, task_id: str) -> dict:
    """A request whose path names a job."""
    event = sample(name)
    known = event["pathParameters"]["task_id"]
    return json.loads(json.dumps(event).replace(known, task_id))


def chunk(body: str) -> dict:
    """What brings a mapper one message."""
    return delivery("mapper/chunk", body)


def ended(chunk: str) -> dict:
    """What reminds the announcer that the job of a chunk's message has ended."""
    of_chunk = json.loads(chunk)
    same = {field: of_chunk[field] for field in ("task_id", "expires_at", "trace")}
    return delivery("announcer/ended", json.dumps({"v": 1, **same, "kind": "ended"}))


def dead_letter(body: str) -> dict:
    """What brings the same message to the function behind the dead-letter queue."""
    return delivery("dead_letter/dead_letter", body)


def delivery(name: str, body: str) -> dict:
    event = sample(name)
    [record] = event["Records"]
    record["body"], record["md5OfBody"] = body, md5(body)
    return event


def md5(body: str) -> str:
    """What SQS writes beside a body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
