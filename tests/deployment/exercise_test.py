"""What asks a stack's API while it is deployed. SAM's Python, which has boto3, runs this."""

import collections
import contextlib
import io
import json
import threading
import unittest
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import exercise
import smoke_job
from signed_api import SignedApi

TASK = "agg_01a20719-276f-7542-9b3e-818581d36bea"


class FakeApi:
    """Answers as pgfold does for a job over a table of `rows`, which ends in `states`."""

    def __init__(self, rows: int, states: list[dict]):
        self.rows = rows
        self.states = states
        self.asked = []

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        self.asked.append((method, path, body))
        match method, path:
            case "POST", "/tasks?dry_run=true":
                return 200, {"status": "dry run", "estimated_rows": self.rows}
            case "POST", "/tasks":
                return 200, {"status": "task submitted", "task_id": TASK}
            case "DELETE", _:
                return 409 if self.states[0]["state"] == "completed" else 200, {}
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return 200, {"rows": 1000, "progress": {"done": 0, "total": 9}} | state

    def chunks(self) -> int:
        [body] = [body for method, path, body in self.asked if (method, path) == ("POST", "/tasks")]
        return body["chunks"]

    def is_cancelled(self) -> bool:
        return ("DELETE", f"/tasks/{TASK}", None) in self.asked


class SmokeJob(unittest.TestCase):
    """A job that fits any table."""

    def setUp(self):
        self.enterContext(mock.patch.object(smoke_job.time, "sleep"))

    def test_a_small_table_is_read_to_its_end(self):
        api = FakeApi(100_000, [{"state": "pending"}, {"state": "completed"}])
        self.assertIn("completed", smoke_job.run(api, smoke_job.DEFAULT))
        self.assertEqual(api.chunks(), 1)

    def test_chunks_are_small_and_not_too_many_whatever_the_table_has(self):
        for rows, chunks in ((0, 1), (250_000, 1), (250_001, 2), (10**8, 400), (10**12, 1000)):
            api = FakeApi(rows, [{"state": "completed"}])
            smoke_job.run(api, smoke_job.DEFAULT)
            self.assertEqual(api.chunks(), chunks)

    def test_a_few_chunks_of_a_large_table_are_enough_and_the_rest_is_cancelled(self):
        done = {"state": "pending", "progress": {"done": smoke_job.ENOUGH, "total": 400}}
        api = FakeApi(10**8, [{"state": "pending"}, done])
        self.assertIn("pending, 4 chunks", smoke_job.run(api, smoke_job.DEFAULT))
        self.assertTrue(api.is_cancelled())

    def test_a_job_that_fails_is_reported_with_its_reason(self):
        api = FakeApi(10, [{"state": "failed", "error": "permission denied for table points"}])
        with self.assertRaisesRegex(smoke_job.Failed, "permission denied"):
            smoke_job.run(api, smoke_job.DEFAULT)

    def test_a_job_that_goes_nowhere_is_cancelled_and_reported_with_its_last_error(self):
        api = FakeApi(10, [{"state": "pending", "last_error": {"error": "connection refused"}}])
        with (
            mock.patch.object(smoke_job, "SECONDS", 0.01),
            self.assertRaisesRegex(smoke_job.Failed, "0 chunks .* connection refused"),
        ):
            smoke_job.run(api, smoke_job.DEFAULT)
        self.assertTrue(api.is_cancelled())

    def test_what_is_wanted_is_asked_for(self):
        api = FakeApi(10**9, [{"state": "completed"}])
        smoke_job.run(api, {"source": "recent", "kernel": "distinct", "chunks": 2})
        self.assertIn(
            ("POST", "/tasks", {"source": "recent", "kernel": "distinct", "chunks": 2}), api.asked
        )


class FakeStack:
    """A stack whose deployment lasts for as many looks as `changing` has."""

    def __init__(self, changing: list[bool], url: str | None):
        self.changing = changing
        self.address = url

    def is_changing(self) -> bool:
        return self.changing.pop(0) if len(self.changing) > 1 else self.changing[0]

    def changed_since(self, _since: datetime) -> bool:
        return False

    def url(self) -> str | None:
        return self.address


class Exercise(unittest.TestCase):
    """Requests while a deployment shifts."""

    def setUp(self):
        self.api = FakeApi(100, [{"state": "completed"}])
        self.enterContext(mock.patch.object(exercise, "SignedApi", lambda _url: self.api))
        self.enterContext(mock.patch.object(exercise.time, "sleep"))

    def exercise(self, *changing: bool, url: str | None = "https://api") -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            stack = FakeStack(list(changing), url)
            exercise.exercise(stack, datetime.now(UTC), smoke_job.DEFAULT)
        return printed.getvalue()

    def test_each_function_is_asked_in_each_round_and_mappers_have_a_job(self):
        said = self.exercise(False, True, True, True, True, False)
        self.assertIn("during the deployment: agg_", said)
        for what in ("POST /tasks: 15 times 200", "GET /get_min_distance/", "GET /tasks: 15 times"):
            self.assertIn(what, said)

    def test_a_new_stack_is_waited_for(self):
        self.assertIn("nothing to shift from", self.exercise(True, True, False, url=None))
        self.assertEqual(self.api.asked, [])

    def test_a_deployment_that_does_not_begin_is_not_waited_for_for_ever(self):
        with mock.patch.object(exercise, "BEGINS", -1):
            self.assertIn("nothing has been deployed", self.exercise(False))

    def test_enough_is_asked_for_the_alarms_to_go_off(self):
        # Of a minute's requests to one function a tenth has the new one; api-errors wants five.
        answers = collections.Counter()
        exercise.round_of_requests(self.api, smoke_job.DEFAULT, answers)
        a_minute = sum(answers.values()) * 60 / exercise.ROUND
        self.assertGreaterEqual(a_minute / 10, 5)

    def test_a_body_is_an_object_or_the_default(self):
        self.assertEqual(exercise.request_body(""), smoke_job.DEFAULT)
        self.assertEqual(exercise.request_body('{"kernel": "summary"}'), {"kernel": "summary"})
        self.assertRaises(ValueError, exercise.request_body, "[]")


class Signed(unittest.TestCase):
    """Requests to a server that is not there, or answers nonsense."""

    def setUp(self):
        keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
        self.enterContext(mock.patch.dict("os.environ", keys | {"AWS_DEFAULT_REGION": "eu-west-1"}))

    def test_a_request_is_signed_and_its_answer_read(self):
        seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                seen.append((self.path, self.headers["authorization"], self.rfile.read(length)))
                body = json.dumps({"error": "no"}).encode()
                self.send_response(400)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        api = SignedApi(f"http://127.0.0.1:{server.server_port}")
        answered = api.ask("POST", "/tasks?dry_run=true", {"kernel": "distinct"})
        self.assertEqual(answered, (400, {"error": "no"}))
        [(path, authorization, body)] = seen
        self.assertEqual((path, json.loads(body)), ("/tasks?dry_run=true", {"kernel": "distinct"}))
        self.assertRegex(authorization, "^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/.*/execute-api/")

    def test_no_answer_is_a_status_too(self):
        status, said = SignedApi("http://127.0.0.1:1").ask("GET", "/")
        self.assertEqual(status, 0)
        self.assertIn("refused", said["error"])


if __name__ == "__main__":
    unittest.main()
