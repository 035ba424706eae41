"""Functions that are rebuilt and reloaded as their source changes, behind the real queue and API.

`cargo lambda watch` serves the functions, and the emulator forwards invocations to it. What was
deployed stays as it is and serves again when the watch ends.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import command
import ports
import tools
from build import functions_of_template
from deploy import STACK_NAME
from environment import for_local_programs
from loopback import http
from paths import CHECKOUT
from process import Server
from stack import Stack
from steps import Failure, step
from template_functions import functions

# A function that is compiled again first, on a busy machine.
PATIENCE_SECONDS = 900

FORWARD = Path(__file__).with_name("forward_functions.py")


def watch(stack: Stack, variables: Mapping[str, str]) -> None:
    # Built for this machine's glibc, so the system's linker does instead of zig's.
    compiler = {"CARGO_LAMBDA_COMPILER": "cargo"}
    env = for_local_programs(tools.sam_settings() | compiler | variables)
    log = stack.log("watch")
    log.unlink(missing_ok=True)
    watcher = stack.server("watch")
    watcher.stop()
    port = ports.keep_or_choose(stack.port_record("watch"))
    addresses = {
        function: f"http://127.0.0.1:{port}/2015-03-31/functions/{program}/invocations"
        for program, function in functions_of_template().items()
    }
    # The next `up` deploys again, and so undoes the forwarding even if this program cannot.
    (stack.state / "deployed.json").unlink(missing_ok=True)
    template_variables = forward(stack, env, addresses)
    try:
        cargo = ["cargo", "lambda", "watch", "--invoke-address", "127.0.0.1"]
        cargo += ["--invoke-port", str(port), "--concurrency", "4"]
        watcher.start(cargo, env=env | template_variables, cwd=CHECKOUT, log_to_terminal=True)
        start_each(watcher, addresses)
        print(f"\nEdit, then call {variables['API_URL']}", flush=True)
        print("Ctrl-C ends the watch; the stack stays up.\n", flush=True)
        while watcher.is_running():
            time.sleep(0.5)
    finally:
        watcher.stop()
        if stack.server("emulator").is_running():
            forward(stack, env, dict.fromkeys(addresses))


def start_each(watcher: Server, addresses: Mapping[str, str]) -> None:
    """Call each function once: it starts when it is called, and the API waits 30 seconds only."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for function in functions():
        event = json.dumps(function.event).encode()
        while True:
            call = urllib.request.Request(addresses[function.name], event, method="POST")
            try:
                http.open(call, timeout=PATIENCE_SECONDS).close()
                break
            except urllib.error.HTTPError as error:
                # It did start, and the watch goes on: its source may be what is being edited.
                print(f"{function.name} answers {error.code}: {error.read().decode()}", flush=True)
                break
            except OSError as error:
                if not watcher.is_running() or time.monotonic() > deadline:
                    raise Failure(f"cargo lambda watch does not answer: {error}") from error
                time.sleep(0.2)


def forward(
    stack: Stack, env: Mapping[str, str], addresses: Mapping[str, str | None]
) -> dict[str, str]:
    """Forward functions to addresses, or to none; return the variables in the template."""
    output = stack.state / "functions.json"
    where = "cargo lambda watch" if any(addresses.values()) else "the deployed functions again"
    with step("forward", f"invocations to {where}") as current:
        script = [tools.SAM / "bin" / "python", FORWARD, STACK_NAME, output, json.dumps(addresses)]
        command.run(current, script, log=stack.log("watch"), env=env)
    return json.loads(output.read_text())
