"""What compose.yaml runs of ours, without containers: the emulator and `api`.

PostgreSQL and Valkey are those of the stack that `make test` has up.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import yaml

import ports
import tools
from front import API_PORT, DASHBOARD_PORT, LINKS_PORT
from loopback import http
from paths import CHECKOUT
from process import Server

SERVICES = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]

# Of this machine as 127.0.0.1 is, but nobody's: there the ports of the demo may be taken.
ADDRESS = "127.0.0.2"
API = f"http://{ADDRESS}:{API_PORT}"

# A deployment on a busy machine is most of it.
PATIENCE_SECONDS = 600


class Deploy(unittest.TestCase):
    """The services of compose.yaml, one after the other."""

    links = f"{ADDRESS}:{LINKS_PORT}"

    def setUp(self):
        self.stack = Path(os.environ["STACK_STATE"])
        self.scratch = self.enterContext(tempfile.TemporaryDirectory())
        [self.emulator_port] = ports.choose(1)

    def test_what_is_deployed_answers_at_the_ports_of_the_demo(self):
        emulator = self.start_emulator()
        api = self.start_api()
        self.wait_until(self.answers)
        self.assert_a_job_completes()
        self.assertIn(b"<!doctype html>", self.get(f"http://{ADDRESS}:{DASHBOARD_PORT}/"))
        self.assert_links_lead_to_files()

        # As another emulator, which knows nothing: the API ends, and Docker starts it again.
        emulator.stop()
        self.start_emulator()
        self.wait_until(lambda: not api.is_running())
        self.assertEqual(SERVICES["api"]["restart"], "on-failure")
        self.start_api()
        self.wait_until(self.answers)
        self.assert_a_job_completes()

    def start_api(self) -> Server:
        _, program, *command = SERVICES["api"]["command"]
        command[command.index("--address") + 1] = ADDRESS
        command += ["--host", ADDRESS, "--state", self.scratch]
        return self.start(
            "compose-api", [sys.executable, program, *command], self.environment("api")
        )

    def answers(self) -> bool:
        return self.get(f"{API}/") == b"Hello, World!\n"

    def assert_a_job_completes(self) -> None:
        request = urllib.request.Request(f"{API}/compute_min_distance", method="POST")
        with http.open(request, timeout=PATIENCE_SECONDS) as response:
            task_id = json.load(response)["task_id"]
        result = json.loads(self.get(f"{API}/get_min_distance/{task_id}", Prefer="wait=20"))
        self.assertEqual((result["status"], result["rows"]), ("task completed", 1_000_000))

    def assert_links_lead_to_files(self) -> None:
        where = [{"column": "id", "le": 10}]
        body = {"kernel": "rows", "where": where, "output": {"format": "jsonl"}}
        request = urllib.request.Request(f"{API}/tasks", json.dumps(body).encode(), method="POST")
        with http.open(request, timeout=PATIENCE_SECONDS) as response:
            task_id = json.load(response)["task_id"]

        def files() -> dict | None:
            return json.loads(self.get(f"{API}/tasks/{task_id}")).get("files")

        self.wait_until(files)
        parts = [part["url"] for part in files()["parts"]]
        # In a container the emulator is at the port that `api` publishes.
        parts = [url.replace(f"127.0.0.1:{self.emulator_port}", self.links) for url in parts]
        rows = [json.loads(line) for line in b"".join(map(self.get, parts)).splitlines()]
        self.assertEqual((len(rows), set(rows[0])), (10, {"x1", "y1", "x2", "y2"}))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.get(f"http://{self.links}/")
        self.assertEqual(refused.exception.code, 403)

    def start_emulator(self) -> Server:
        """Start what its image starts, and wait as compose does."""
        own = {"GATEWAY_PORT": str(self.emulator_port), "TMPDIR": self.scratch}
        own |= dict.fromkeys(("BIND_HOST", "MINISTACK_HOST"), "127.0.0.1")
        program = [tools.CLOUD / "bin" / "python", "-m", "ministack"]
        server = self.start("compose-emulator", program, self.environment("emulator") | own)
        _, python, *check = SERVICES["emulator"]["healthcheck"]["test"]
        self.assertEqual(python, "python")
        check = [self.at_emulator(argument) for argument in check]
        healthy = [sys.executable, *check]
        self.wait_until(lambda: subprocess.run(healthy, capture_output=True).returncode == 0)
        return server

    def start(self, name: str, argv: list[str | Path], env: Mapping[str, str]) -> Server:
        """Start a server that ends with the test, or at the latest with the stack."""
        log = self.stack / "log" / f"{name}.log"
        server = Server(record=self.stack / "run" / name, log=log)
        self.addCleanup(server.stop)
        server.start(argv, env=env, cwd=CHECKOUT)
        return server

    def environment(self, service: str) -> dict[str, str]:
        """The service's variables, with the addresses that its servers have here."""
        given = SERVICES[service].get("environment", {})
        here = {name: self.at_emulator(value) for name, value in given.items()}
        for name in given.keys() & {"DATABASE_URL", "VALKEY_URL", "STORE"}:
            here[name] = os.environ[name]
        return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]} | here

    def at_emulator(self, text: str) -> str:
        here = f"127.0.0.1:{self.emulator_port}"
        return text.replace("127.0.0.1:4566", here).replace("emulator:4566", here)

    def get(self, url: str, **headers: str) -> bytes:
        request = urllib.request.Request(url, headers=headers)
        with http.open(request, timeout=PATIENCE_SECONDS) as response:
            return response.read()

    def wait_until(self, is_so) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if is_so():
                    return
            except urllib.error.URLError:
                pass
            self.assertLess(time.monotonic(), deadline, "it does not answer")
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
