"""`make watch`, once everything is built: nothing is compiled again, and the first call answers."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from loopback import http
from paths import CHECKOUT

# To start a stack of its own, and each function by cargo, which may wait for another cargo.
PATIENCE_SECONDS = 600

READY = re.compile(r"^Edit, then call (\S+)$", re.MULTILINE)


class Watch(unittest.TestCase):
    def test_the_first_call_is_answered_by_what_was_built_before(self):
        scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        state = ["--state", str(scratch / "state")]
        local_cloud = [sys.executable, "setup/local_cloud"]
        log = scratch / "log"
        self.addCleanup(subprocess.run, [*local_cloud, "clean", *state], cwd=CHECKOUT, check=True)
        with log.open("wb") as output:
            watch = subprocess.Popen(
                [*local_cloud, "watch", "--own-database", *state],
                cwd=CHECKOUT,
                stdout=output,
                stderr=output,
            )
        try:
            api = self.wait_until_ready(watch, log)
            request = urllib.request.Request(f"{api}/compute_min_distance", method="POST")
            with http.open(request, timeout=60) as response:
                task_id = json.load(response)["task_id"]
            request = urllib.request.Request(f"{api}/get_min_distance/{task_id}")
            request.add_header("Prefer", "wait=20")
            with http.open(request, timeout=60) as response:
                self.assertEqual(json.load(response)["rows"], 1_000_000)
            watched = log.read_text().partition("invocations to cargo lambda watch")[2]
            self.assertIn("Finished", watched)
            self.assertNotIn("Compiling", watched)
        finally:
            # Not SIGINT, which a shell without a terminal has its background jobs ignore.
            watch.send_signal(signal.SIGTERM)
            watch.wait(timeout=60)

    def wait_until_ready(self, watch: subprocess.Popen, log: Path) -> str:
        """Wait until the watch says where to call, and return that."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (ready := READY.search(log.read_text(errors="replace"))):
            self.assertIsNone(watch.poll(), log.read_text(errors="replace")[-5000:])
            self.assertLess(time.monotonic(), deadline, log.read_text(errors="replace")[-5000:])
            time.sleep(0.2)
        return ready[1]


if __name__ == "__main__":
    unittest.main()
