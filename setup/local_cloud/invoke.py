"""`invoke`: one event for one function, in AWS's runtime interface emulator instead of Docker.

The function finds what the deployed one of its kind finds: the variables that the template sets
it, and the local cloud. What runs is the program as it is now, also before it is deployed.
"""

import argparse
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

import deployed_functions
import environment
from build import BUILD, build, functions_of_template
from paths import EVENTS
from runtime_emulator import RuntimeEmulator
from stack import Stack, only_one_at_a_time
from steps import Failure

# The event of the function that is sent if the command names no event.
DEFAULT_EVENTS = {
    "submit": "demo",
    "mapper": "chunk",
    "reducer": "partition",
    "result": "result",
    "dead_letter": "dead_letter",
    "announcer": "ended",
    "jobs": "list",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command line."""
    parser.description += (
        ". Its answer goes to the standard output; what it logs, and how long it took, to the "
        "standard error. The status is 0 if the function answered, whatever it answered."
    )
    parser.add_argument("function", nargs="?", default="", help=", ".join(DEFAULT_EVENTS))
    parser.add_argument(
        "event",
        nargs="?",
        help=f"a file, the name of a file of {EVENTS.name}/FUNCTION, or - for the standard input",
    )


def run(options: argparse.Namespace) -> None:
    """Invoke the function and print its answer."""
    function, logical_id = chosen_function(options.function)
    event = read_event(function, options.event or DEFAULT_EVENTS[function])
    stack = Stack(options.state)
    variables = environment.read(stack.state / "env")
    if not stack.server("emulator").is_running():
        raise Failure("the stack is not up any more", remedy="make up")
    endpoint = variables["AWS_ENDPOINT_URL"]
    with redirect_stdout(sys.stderr), only_one_at_a_time():
        build()
    deployed = deployed_functions.functions(endpoint).get(logical_id)
    if deployed is None:
        raise Failure(f"{logical_id} is not deployed yet", remedy="make up")
    emulator = RuntimeEmulator(
        stack.server(f"invoke-{function}"),
        BUILD / logical_id / "bootstrap",
        deployed.environment(endpoint),
    )
    with emulator:
        answer = emulator.invoke(event)
        init_ms, [invocation_ms] = emulator.init_ms(), emulator.invocations_ms(1)
    for line in emulator.lines_of_function():
        print(line, file=sys.stderr)
    print(f"INIT {init_ms:.1f} ms, {function} {invocation_ms:.1f} ms", file=sys.stderr)
    print(json.dumps(answer, indent=2, ensure_ascii=False))


def chosen_function(name: str) -> tuple[str, str]:
    """A function by the name of its folder, and its name in the template."""
    functions = functions_of_template()
    if name not in functions:
        problem = f"there is no function {name!r}" if name else "no function is named"
        choices = "\n".join(f"  make invoke FUNCTION={function}" for function in functions)
        raise Failure(problem, remedy=f"choose one of\n{choices}")
    return name, functions[name]


def read_event(function: str, name: str) -> dict:
    """An event by the name of its file, whole or as it is among those of the function."""
    if name == "-":
        return parse("the standard input", sys.stdin.read())
    for file in (Path(name), EVENTS / function / f"{name}.json"):
        if file.is_file():
            return parse(str(file), file.read_text())
    samples = sorted(EVENTS.glob(f"{function}/*.json"))
    choices = "\n".join(f"  EVENT={sample.stem}" for sample in samples)
    raise Failure(f"there is no event {name!r}", remedy=f"name a file, - or one of\n{choices}")


def parse(origin: str, text: str) -> dict:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure(f"{origin} is not JSON: {error}") from error
