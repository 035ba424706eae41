"""One job over HTTP, from the POST to its answer; both designs have the same two routes."""

import json
import time
import urllib.request
from collections.abc import Mapping

from loopback import http

SECONDS_BETWEEN_POLLS = 0.05
# Longer than any watchdog's.
TIMEOUT = 600


def run(base_url: str, body: Mapping | None, headers: Mapping[str, str]) -> dict:
    """Submit a job and ask until it has an answer."""
    data = None if body is None else json.dumps(body).encode()
    submit = urllib.request.Request(f"{base_url}/compute_min_distance", data, method="POST")
    with http.open(submit, timeout=TIMEOUT) as response:
        task_id = json.load(response)["task_id"]
    ask = urllib.request.Request(f"{base_url}/get_min_distance/{task_id}", headers=headers)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        with http.open(ask, timeout=TIMEOUT) as response:
            if response.status == 200:
                return json.load(response)
        time.sleep(SECONDS_BETWEEN_POLLS)
    raise TimeoutError(f"{ask.full_url} has no answer after {TIMEOUT} s")
