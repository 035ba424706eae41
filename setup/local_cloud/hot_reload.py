"""Functions that are rebuilt and reloaded as their source changes, behind the real queue and API.

`cargo lambda watch` serves the functions, and the emulator forwards invocations to it. What was
deployed stays as it is and serves again when the watch ends.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import command
import ports
import tools
from build import functions_of_template
from deploy import STACK_NAME
from environment import for_local_programs
from paths import CHECKOUT
from stack import Stack
from steps import step

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
        print(f"\nEdit, then call {variables['API_URL']}", flush=True)
        print("Ctrl-C ends the watch; the stack stays up.\n", flush=True)
        while watcher.is_running():
            time.sleep(0.5)
    finally:
        watcher.stop()
        if stack.server("emulator").is_running():
            forward(stack, env, dict.fromkeys(addresses))


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
