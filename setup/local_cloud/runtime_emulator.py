"""AWS's runtime interface emulator: one function's program, started and called as Lambda does it.

It comes with the SAM CLI, which runs it in Docker; it does without.
"""

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import ports
import tools
from build import architecture
from loopback import http
from process import Server
from steps import Failure

# As the runtime emulator logs them: from starting the program until it asks for its first event,
# and from handing it an event until it has answered.
INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
INVOKE = re.compile(r"INVOKE RTDONE\(.*duration: ([\d.]+)ms\)")

# Its other lines; the figures that it reports at the end are made up.
OF_EMULATOR = re.compile(r"[\w :,]+ \[\w+\] \(rapid\) |(START|END|REPORT) RequestId: ")

PATIENCE_SECONDS = 900


def installed() -> Path:
    """The emulator's program."""
    name = f"aws-lambda-rie-{architecture()}"
    emulator = tools.package(tools.SAM, "samcli") / "local" / "rapid" / name
    emulator.chmod(0o755)  # which a wheel does not keep
    return emulator


class RuntimeEmulator:
    """One environment of a function; it starts the program when the first event comes."""

    def __init__(self, server: Server, program: Path, variables: Mapping[str, str]):
        self.server = server
        self.program = program
        self.variables = variables
        self.url = ""

    def __enter__(self) -> "RuntimeEmulator":
        self.server.stop()
        self.server.log.unlink(missing_ok=True)
        port, api_port = ports.choose(2)
        argv = [installed(), "--log-level", "info", self.program]
        argv[1:1] = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        argv[1:1] = ["--runtime-api-address", f"127.0.0.1:{api_port}"]
        self.server.start(argv, env={"PATH": os.defpath, **self.variables})
        self.url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        self.wait_until_it_listens()
        return self

    def __exit__(self, *_) -> None:
        self.server.stop()

    def wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.server.is_running():
            with suppress(urllib.error.URLError):
                # It answers this with 404, and starts nothing.
                with suppress(urllib.error.HTTPError):
                    http.open(self.url.partition("/2015")[0], timeout=1).close()
                return
            time.sleep(0.01)
        raise Failure("the runtime emulator did not start", log=self.server.log)

    def invoke(self, event: Mapping) -> dict:
        """What the function answers to an event."""
        request = urllib.request.Request(self.url, json.dumps(event).encode(), method="POST")
        try:
            with http.open(request, timeout=PATIENCE_SECONDS) as response:
                said = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise self.failure(error.read()) from None
        try:
            answer = json.loads(said)
        except json.JSONDecodeError:
            raise self.failure(said) from None  # what it says of a function that took too long
        if "errorType" in answer:
            raise self.failure(said)
        return answer

    def failure(self, said: bytes) -> Failure:
        """The failure of a function that did not answer, with the text of the emulator."""
        why = said.decode(errors="replace").strip()
        return Failure(f"{self.program} failed: {why}", log=self.server.log)

    def lines_of_function(self) -> list[str]:
        """The lines of the log that the function itself wrote."""
        lines = self.server.log.read_text(errors="replace").splitlines()
        return [line for line in lines if line and not OF_EMULATOR.match(line)]

    def init_ms(self) -> float:
        """How long the program took until it asked for its first event."""
        return self.figures(INIT, 1)[0]

    def invocations_ms(self, count: int) -> list[float]:
        """How long each of the invocations so far took."""
        return self.figures(INVOKE, count)

    def figures(self, pattern: re.Pattern, count: int) -> list[float]:
        """Those of the log; the last line is written after the answer has gone out."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            found = pattern.findall(self.server.log.read_text(errors="replace"))
            if len(found) >= count:
                return [float(figure) for figure in found]
            time.sleep(0.01)
        raise Failure("the runtime emulator did not say how long it took", log=self.server.log)
