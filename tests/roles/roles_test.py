"""Each role has what its function needs, and a function that lacks an action says so.

Runs with the packages of the SAM CLI, which has boto3, against a stack that enforces IAM.
"""

import json
import os
import time
import unittest
import urllib.request
from collections.abc import Callable

import boto3

from answer import answer
from template_roles import Roles

API_URL = os.environ["API_URL"]
FUNCTIONS = ("Submit", "Mapper", "Reducer", "Result", "DeadLetter", "Jobs")
# Longer than five deliveries of a message and what is between them: 2, 8, 32 and 128 seconds.
PATIENCE_SECONDS = 300
DENIED = "denies access: the function's role lacks a permission"


def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(API_URL + path, body, headers, method=method)
    return answer(request, seconds=60)


def submit() -> tuple[int, str]:
    return ask("POST", "/compute_min_distance", b"{}")


def submitted() -> str:
    status, body = submit()
    if status != 200:
        raise AssertionError(f"{status} {body}")
    return json.loads(body)["task_id"]


def until(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")
        time.sleep(0.2)


def until_denied(roles: Roles, function: str, action: str, since_ms: int) -> None:
    """Waits until a function has logged which action it was denied."""
    until(
        f"{function} has logged that it may not {action}",
        lambda: f"perform: {action}" in roles.logged(function, since_ms),
    )


def result(task_id: str) -> tuple[int, str]:
    return ask("GET", f"/get_min_distance/{task_id}")


def ended(task_id: str, meanwhile: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """The result of a job that ends."""

    def has_ended() -> bool:
        meanwhile()
        return result(task_id)[0] != 204

    until(f"{task_id} has ended", has_ended)
    return result(task_id)


class Requests(unittest.TestCase):
    """What the API answers while the function that it asks lacks an action."""

    @classmethod
    def setUpClass(cls):
        cls.roles = Roles()
        cls.task_id = submitted()
        ended(cls.task_id)

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
    """What becomes of a job while those that its messages go to lack an action."""

    ACTION = "dynamodb:UpdateItem"

    def setUp(self):
        self.roles = Roles()
        self.since_ms = int(time.time() * 1000)

    def test_a_job_waits_until_its_mapper_may_record_what_it_read(self):
        with self.roles.without("Mapper", self.ACTION):
            task_id = submitted()
            until_denied(self.roles, "Mapper", self.ACTION, self.since_ms)
            self.assertEqual(result(task_id)[0], 204)
        self.assertEqual(ended(task_id)[0], 200)

    def test_a_job_whose_mapper_may_never_record_fails_once_dead_letters_may(self):
        with self.roles.without("Mapper", self.ACTION):
            with self.roles.without("DeadLetter", self.ACTION):
                task_id = submitted()
                until_denied(self.roles, "DeadLetter", self.ACTION, self.since_ms)
                self.assertEqual(result(task_id)[0], 204)
            # It comes back, or is in the poison queue already, from which people send it again.
            status, body = ended(task_id, meanwhile=redrive)
            self.assertEqual(status, 500, body)
            self.assertIn("given up: no mapper", body)


def redrive() -> None:
    """Sends again what is in the poison queue."""
    poison, dead_letters = os.environ["POISON_QUEUE_URL"], os.environ["DEAD_LETTER_QUEUE_URL"]
    sqs = boto3.client("sqs")
    for message in sqs.receive_message(QueueUrl=poison).get("Messages", []):
        sqs.send_message(QueueUrl=dead_letters, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=poison, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    unittest.main()
