"""`localstack_server.py PROGRAM`: LocalStack, whose functions are processes of this machine.

LocalStack's own Python runs this. By itself LocalStack runs functions in Docker's containers, with
a program in them that it downloads, and it downloads DynamoDB Local. Here PROGRAM, AWS's runtime
interface emulator, runs each environment of a function, and DynamoDB Local is the one that listens
at DYNAMODB_LOCAL_PORT.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests
from localstack.runtime.main import main
from localstack.services.dynamodb.server import DynamodbServer
from localstack.services.lambda_.invocation import runtime_executor
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult

HOST = "127.0.0.1"
PATH = "2015-03-31/functions/function/invocations"

# Longer than any function may take.
PATIENCE_SECONDS = 900


class Environment(runtime_executor.RuntimeExecutor):
    """An environment of a function; the emulator starts the program when the first event comes."""

    program: str

    def __init__(self, name: str, function_version: FunctionVersion):
        super().__init__(name, function_version)
        self.process: subprocess.Popen | None = None
        self.log = Path(tempfile.gettempdir()) / f"{function_version.id.function_name}-{name}.log"
        self.url = ""

    def start(self, env_vars: dict[str, str]) -> None:
        code = self.function_version.config.code.get_unzipped_code_location()
        with socket.socket() as first, socket.socket() as second:
            for probe in (first, second):
                probe.bind((HOST, 0))
            port, api_port = (probe.getsockname()[1] for probe in (first, second))
        argv = [self.program, "--runtime-interface-emulator-address", f"{HOST}:{port}"]
        argv += ["--runtime-api-address", f"{HOST}:{api_port}", str(code / "bootstrap")]
        variables = {name: str(value) for name, value in env_vars.items()}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                argv, env={"PATH": os.defpath} | variables, stdout=log, stderr=log
            )
        self.url = f"http://{HOST}:{port}/{PATH}"
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise runtime_executor.LambdaRuntimeException(self.get_logs())
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        before = len(self.get_logs())
        headers = {"X-Amzn-Trace-Id": payload["trace-id"]}
        event = payload["payload"].encode()
        said = requests.post(self.url, event, headers=headers, timeout=PATIENCE_SECONDS)
        logs = self.get_logs()[before:]
        return InvocationResult(payload["invoke-id"], *answer(said), logs=logs)

    def get_address(self) -> str:
        return HOST

    def get_endpoint_from_executor(self) -> str:
        return HOST

    def get_runtime_endpoint(self) -> str:
        return ""

    def get_logs(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        function_version.config.code.destroy_cached()


def answer(said: requests.Response) -> tuple[bytes, bool]:
    """What a function answered, and whether it is an error: then it has a type, or is no JSON."""
    try:
        return said.content, not said.ok or "errorType" in said.json()
    except json.JSONDecodeError:
        # What the emulator says of a function that took too long.
        return json.dumps({"errorMessage": said.text}).encode(), True


if __name__ == "__main__":
    Environment.program = sys.argv.pop()
    runtime_executor.get_runtime_executor = lambda: Environment
    DynamodbServer.start_dynamodb = lambda _: True
    DynamodbServer.stop_dynamodb = lambda _: None
    main()
