"""The API as the tests call it beside the page."""

import json
import urllib.request
from collections.abc import Mapping
from urllib.error import HTTPError

# A proxy of the caller's has no business with servers on this machine.
http = urllib.request.build_opener(urllib.request.ProxyHandler({}))

PATIENCE = 60
# Each is up to twenty seconds of waiting in the server.
ASKED_AT_MOST = 15


class Api:
    def __init__(self, url: str):
        self.url = url

    def call(self, method: str, path: str, body: Mapping | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, method=method)
        with http.open(request, timeout=PATIENCE) as response:
            return json.load(response)

    def start(self, **body) -> str:
        return self.call("POST", "compute_min_distance", body)["task_id"]

    def tell(self, task_id: str) -> dict:
        return self.call("GET", f"tasks/{task_id}")

    def cancel(self, task_id: str) -> None:
        self.call("DELETE", f"tasks/{task_id}")

    def wait(self, task_id: str) -> str:
        """Waits until the job has ended; returns its state."""
        headers = {"Prefer": "wait=20"}
        ask = urllib.request.Request(f"{self.url}/get_min_distance/{task_id}", headers=headers)
        for _ in range(ASKED_AT_MOST):
            try:
                with http.open(ask, timeout=PATIENCE) as response:
                    if response.status == 200:
                        break
            except HTTPError as ended:
                if ended.code not in (410, 500):
                    raise
                break
        return self.tell(task_id)["state"]
