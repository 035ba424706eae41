"""`sam local` runs the functions in containers against the local cloud of `make test`."""

import json
import os
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import main_job
import ports
import postgres
import tools
from build import functions_of_template
from environment import for_local_programs
from loopback import http
from paths import CHECKOUT, EVENTS
from process import Server
from steps import Failure

STATE = Path(os.environ["STACK_STATE"])
HOME = STATE / "sam-local"
SAM = tools.SAM / "bin" / "sam"

PATIENCE_SECONDS = 120


def setUpModule() -> None:
    sam_env = [sys.executable, "setup/local_cloud", "sam-env", "--state", str(STATE)]
    subprocess.run(sam_env, cwd=CHECKOUT, check=True)


class Invoke(unittest.TestCase):
    """`sam local invoke`, as `sam-env` says it."""

    def test_every_function_answers_every_event(self):
        functions = functions_of_template()
        for name, answer in json.loads((EVENTS / "answers.json").read_text()).items():
            with self.subTest(name):
                got = self.invoke(functions[name.partition("/")[0]], EVENTS / f"{name}.json")
                if "comes_back" in answer:
                    self.assertEqual(bool(got["batchItemFailures"]), answer["comes_back"])
                elif "returns" in answer:
                    self.assertIn(answer["returns"], json.dumps(got, separators=(",", ":")))
                else:
                    self.assertEqual(got["statusCode"], answer["status"], got)
                    self.assertIn(answer["says"], got["body"])

    def invoke(self, function: str, event: Path) -> dict:
        argv = [SAM, "local", "invoke", function, "--event", event, "--skip-pull-image"]
        done = subprocess.run(argv, cwd=HOME, env=environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])


class StartApi(unittest.TestCase):
    """`sam local start-api`; mappers are those of the local cloud, behind its queue."""

    def setUp(self):
        [port] = ports.choose(1)
        self.api = f"http://127.0.0.1:{port}"
        self.server = Server(record=STATE / "run" / "sam-api", log=STATE / "log" / "sam-api.log")
        argv = [SAM, "local", "start-api", "--port", str(port), "--skip-pull-image"]
        self.addCleanup(self.server.stop)
        self.server.start(argv, env=environment(), cwd=HOME)
        self.wait_until_it_answers()

    def test_a_job_goes_from_submit_to_answer(self):
        task_id = json.loads(self.ask("/compute_min_distance", method="POST"))["task_id"]
        result = json.loads(self.ask(f"/get_min_distance/{task_id}", Prefer="wait=20"))
        self.assertEqual(result["rows"], 1_000_000)
        smallest = postgres.query(os.environ["DATABASE_URL"], main_job.SQL)
        self.assertEqual(float(result["result"]), float(smallest))
        listed = json.loads(self.ask("/tasks?limit=1"))["tasks"]
        self.assertEqual([job["task_id"] for job in listed], [task_id])

    def ask(self, path: str, *, method: str = "GET", **headers: str) -> bytes:
        request = urllib.request.Request(self.api + path, headers=headers, method=method)
        with http.open(request, timeout=PATIENCE_SECONDS) as response:
            return response.read()

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.ask("/kernels")
                return
            except urllib.error.URLError as error:
                if not self.server.is_running() or time.monotonic() > deadline:
                    log = self.server.log
                    raise Failure(f"start-api does not answer: {error}", log=log) from error
            time.sleep(0.2)


def environment() -> dict[str, str]:
    """Ours, with SAM's settings and nothing that leads to a real account."""
    return for_local_programs(tools.sam_settings() | {"AWS_DEFAULT_REGION": "us-east-1"})


if __name__ == "__main__":
    unittest.main()
