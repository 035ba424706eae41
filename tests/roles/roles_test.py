"""Each role has what its function needs, and a function that lacks an action says so.

Runs with the packages of the SAM CLI, which has boto3, against a stack that enforces IAM.
"""

import json
import os
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable

from template_roles import Roles

API_URL = os.environ["API_URL"]
FUNCTIONS = ("Submit", "Mapper", "Result", "DeadLetter", "Jobs")
DENIED = "denies access: the function's role lacks a permission"


def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(API_URL + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def submit() -> tuple[int, str]:
    return ask("POST", "/compute_min_distance", b"{}")


def submitted() -> str:
    status, body = submit()
    if status != 200:
        raise AssertionError(f"{status} {body}")
    return json.loads(body)["task_id"]


def until(what: str, is_so: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s not {what}")
        time.sleep(0.2)


def until_denied(roles: Roles, function: str, action: str, since_ms: int) -> None:
    """Waits until a function has logged which action it was denied."""
    until(
        f"{action} in the log of {function}",
        lambda: f"perform: {action}" in roles.logged(function, since_ms),
        seconds=20,
    )


def result(task_id: str) -> int:
    return ask("GET", f"/get_min_distance/{task_id}")[0]


class Requests(unittest.TestCase):
    """What the API answers while the function that it asks lacks an action."""

    @classmethod
    def setUpClass(cls):
        cls.roles = Roles()
        cls.task_id = submitted()
        until("completed", lambda: result(cls.task_id) == 200)

    def test_every_role_is_bounded(self):
        bounds = {self.roles.boundary_of(function) for function in FUNCTIONS}
        self.assertEqual(len(bounds), 1, bounds)

    def test_an_answer_names_the_service_and_the_log_names_the_action(self):
        by_id = f"/get_min_distance/{self.task_id}"
        for function, action, request in (
            ("Submit", "dynamodb:PutItem", submit),
            ("Submit", "sqs:SendMessage", submit),
            ("Result", "dynamodb:GetItem", lambda: ask("GET", by_id)),
            ("Jobs", "dynamodb:Query", lambda: ask("GET", "/tasks")),
            ("Jobs", "dynamodb:GetItem", lambda: ask("DELETE", f"/tasks/{self.task_id}")),
        ):
            with self.subTest(f"{function} without {action}"):
                with self.roles.without(function, action):
                    self.assert_refused(function, action, request)
                status, body = request()
                self.assertLess(status, 500, body)

    def test_the_boundary_takes_away_what_a_role_has(self):
        with self.roles.bounded_without("dynamodb:Query"):
            self.assert_refused("Jobs", "dynamodb:Query", lambda: ask("GET", "/tasks"))
        self.assertEqual(ask("GET", "/tasks")[0], 200)

    def assert_refused(self, function: str, action: str, request) -> None:
        since_ms = int(time.time() * 1000)
        status, body = request()
        service = action.partition(":")[0]
        self.assertEqual(status, 500, body)
        self.assertIn(f"{service} {DENIED}", body)
        until_denied(self.roles, function, action, since_ms)


class Chunks(unittest.TestCase):
    """What becomes of a job while its mapper lacks an action."""

    def test_a_job_waits_until_its_mapper_may_record_what_it_read(self):
        roles = Roles()
        action = "dynamodb:UpdateItem"
        since_ms = int(time.time() * 1000)
        with roles.without("Mapper", action):
            task_id = submitted()
            until_denied(roles, "Mapper", action, since_ms)
            self.assertNotEqual(result(task_id), 200)
        until("ended", lambda: result(task_id) != 204)
        self.assertEqual(result(task_id), 200)


if __name__ == "__main__":
    unittest.main()
