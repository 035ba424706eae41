"""The commands and their options."""

import argparse
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import api_test
import bench
import browser
import command
import discover
import environment
import front
import hot_reload
import invoke
import main_job
import postgres
import prerequisites
import sam_local
import serve
import template_parameters
import tools
from build import BUILD
from environment import for_local_programs
from paths import LOCAL
from stack import Stack, stacks_within
from steps import Failure, step


def main(argv: list[str]) -> int:
    # So that a plain `kill` cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if argv[:1] == ["sam"]:  # which parses its own options
            sam(argv[1:])
        options = parse(argv)
        return options.run(options) or 0
    except Failure as failure:
        print(f"\n{failure.report()}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nFAILED: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; `make down` stops what was started", file=sys.stderr)
        return 130


def parse(argv: list[str]) -> argparse.Namespace:
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument(
        "--state",
        type=Path,
        default=LOCAL,
        metavar="DIR",
        help="where the stack keeps everything (.local)",
    )
    deployed = argparse.ArgumentParser(add_help=False, parents=[state])
    deployed.add_argument(
        "--own-database", action="store_true", help="even if DATABASE_URL names another"
    )
    deployed.add_argument(
        "--parameter",
        type=assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="for template.yaml",
    )
    deployed.add_argument(
        "--parameters",
        type=assignments,
        default={},
        metavar="'NAME=VALUE …'",
        help="the same, several in one text",
    )
    deployed.add_argument(
        "--sources", default="", metavar="FILE", help="the parameter Sources, as JSON in a file"
    )

    parser = argparse.ArgumentParser(prog="setup/local_cloud", description="pgfold's local cloud")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, run, what: str, parents=()) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=what, description=what, parents=parents)
        added.set_defaults(run=run)
        return added

    add("up", up, "start the stack and deploy template.yaml to it", [deployed])
    add("run", run, "up, then run the main job and compare it with SQL", [deployed])
    add(
        "watch",
        watch,
        "up, then rebuild and reload functions while their source changes",
        [deployed],
    )
    add("deploy", deploy, "build, and deploy to servers that run already", [deployed])
    at_ports = argparse.ArgumentParser(add_help=False)
    at_ports.add_argument("--address", default="127.0.0.1", help="to listen on (127.0.0.1)")
    at_ports.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME[:PORT]",
        help="another that it is reached by, besides 127.0.0.1 and localhost; may be given again",
    )
    what = "serve the API at the ports of the demo"
    fronted = add("front", front_of_stack, what, [state, at_ports])
    fronted.add_argument("--stage", metavar="NAME", help="of the API, below its address")
    what = "deploy, and serve the API at the ports of the demo while it works"
    served = add("serve", serve_deployed, what, [deployed, at_ports])
    served.add_argument(
        "--links",
        action="store_true",
        help=f"serve the files of jobs at port {front.LINKS_PORT}, that of the emulator",
    )
    inside = add(
        "with-stack", with_stack, "up, run a command in the stack's environment, down", [deployed]
    )
    inside.add_argument(
        "--standby", action="store_true", help="functions read a standby of PRIMARY_URL"
    )
    inside.add_argument(
        "--enforce-iam", action="store_true", help="signatures, roles and a boundary count"
    )
    inside.add_argument("--shell", action="store_true", help="the command takes the terminal")
    inside.add_argument("argv", nargs="+", metavar="COMMAND", help="after --")
    add("test-api", api_test.run, "inside with-stack: test the API against its description")
    browsed = add("test-browser", browser.run, "inside with-stack: test the dashboard in a browser")
    browsed.add_argument("argv", nargs="*", metavar="OPTION", help="of unittest, after --")
    add("prepare-tests", prepare_tests, "check what tests need, and install a browser")
    invoked = add("invoke", invoke.run, "run one function for one event", [state])
    invoke.add_options(invoked)
    what = "write what `sam local` needs to run the functions against the stack, in Docker"
    add("sam-env", sam_local.run, what, [state])
    measured = add("bench", bench.run, "measure pgfold and its peers side by side")
    bench.add_options(measured)
    discovered = add("sources", discover.run, "propose the sources of a database in a file")
    discover.add_options(discovered)
    add("logs", logs, "print the last 500 lines that the functions logged", [state])
    add("down", down, "stop the stack and the stacks inside its directory", [state])
    add("clean", clean, "down, then delete what they keep; tools and builds stay", [state])
    add("tools", lambda _: tools.install(), "install the pinned tools")
    program = add("python", python, "run a Python program with the packages that it needs")
    program.add_argument("name", help="of a file of setup/requirements, without its .txt")
    program.add_argument("argv", nargs="+", metavar="PROGRAM", help="and its arguments, after --")
    add("sam", None, "run the pinned SAM CLI with your own AWS settings")
    return parser.parse_args(argv)


def assignment(text: str) -> tuple[str, str]:
    try:
        return template_parameters.pair(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def assignments(text: str) -> dict[str, str]:
    try:
        return template_parameters.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def up(options: argparse.Namespace) -> None:
    stack, variables = started(options)
    api_url, dashboard_url = at_known_ports(stack, variables)
    print(f"\n  API        {api_url}\n  dashboard  {dashboard_url}")
    print(f'  pgfold     export PATH="{main_job.path_of_client()}:$PATH"')
    print(f"\nThe stack is up; all its addresses are in {stack.state / 'env'}")


def run(options: argparse.Namespace) -> int:
    stack, variables = started(options)
    addresses = at_known_ports(stack, variables)
    if options.sources:
        return main_job.show_sources(*addresses)
    return main_job.run(variables, *addresses)


def at_known_ports(stack: Stack, variables: dict[str, str]) -> tuple[str, str]:
    """The API's and the dashboard's addresses: short ones if the demo's ports are free."""
    at = stack.start_front(variables["API_URL"])
    for port in (front.API_PORT, front.DASHBOARD_PORT):
        if port not in at:
            print(f"\nAnother program has port {port}, so another address is shown below.")
    api_url, dashboard_url = variables["API_URL"], variables["DASHBOARD_URL"]
    if front.API_PORT in at:
        api_url = f"http://127.0.0.1:{front.API_PORT}"
    if front.DASHBOARD_PORT in at:
        dashboard_url = f"http://127.0.0.1:{front.DASHBOARD_PORT}/dashboard"
    return api_url, dashboard_url


def watch(options: argparse.Namespace) -> None:
    hot_reload.watch(*started(options))


def deploy(options: argparse.Namespace) -> None:
    """Deploy to the servers that the environment names."""
    Stack(options.state).deploy_to(*servers_of_environment(), chosen_parameters(options))


def serve_deployed(options: argparse.Namespace) -> int:
    """Deploy to the servers that the environment names, and serve while all of it works."""
    return serve.run(options, servers_of_environment(), chosen_parameters(options))


def servers_of_environment() -> tuple[str, str, str]:
    """The URLs of the database, Valkey and the emulator."""
    names = ("DATABASE_URL", "VALKEY_URL", "AWS_ENDPOINT_URL")
    if unset := [name for name in names if not os.environ.get(name)]:
        raise Failure(f"{', '.join(unset)} not set", remedy="make up, which starts servers itself")
    database, valkey, emulator = (os.environ[name] for name in names)
    return database, valkey, emulator


def front_of_stack(options: argparse.Namespace) -> None:
    """Serve until told to stop, also when the stack is deployed anew to another address."""

    def api_url() -> str:
        url = environment.read(options.state / "env")["API_URL"]
        return f"{url}/{options.stage}" if options.stage else url

    api_url()  # else there is nothing to serve
    print(f"API on port {front.API_PORT}, dashboard on port {front.DASHBOARD_PORT}", flush=True)
    front.serve(api_url, options.address, (front.API_PORT, front.DASHBOARD_PORT), options.host)


def with_stack(options: argparse.Namespace) -> int:
    """Run a command, and stop the whole stack at the end, also after a failure."""
    begun = time.monotonic()
    try:
        stack, variables = started(options, options.standby, options.enforce_iam)
        up = time.monotonic()
        if options.own_database:
            variables["DISPOSABLE_DATABASE"] = "yes"  # tests may change and delete anything in it
        variables["STACK_STATE"] = str(stack.state)  # what tests start there ends with the stack
        variables["FUNCTIONS_DIR"] = str(BUILD)  # tests run the programs that are deployed
        variables["PSQL"] = str(postgres.program("psql"))  # and the SQL that owners run
        print(f"\n$ {shlex.join(options.argv)}", flush=True)
        run_in_terminal = command.run_shell if options.shell else command.run_in_foreground
        status = run_in_terminal(options.argv, env=for_local_programs(variables))
        end = time.monotonic()
        print(f"\n{options.state.name} took {up - begun:.0f} s to start, {end - up:.0f} s to run")
        return status
    finally:
        # Those within it, too, which tests start.
        for stack in stacks_within(options.state):
            stack.down()


def started(
    options: argparse.Namespace, on_standby: bool = False, enforces_iam: bool = False
) -> tuple[Stack, dict[str, str]]:
    stack = Stack(options.state)
    parameters = chosen_parameters(options)
    return stack, stack.up(
        parameters, options.own_database, on_standby=on_standby, enforces_iam=enforces_iam
    )


def chosen_parameters(options: argparse.Namespace) -> dict[str, str]:
    parameters = options.parameters | dict(options.parameter)
    if options.sources:
        if template_parameters.SOURCES in parameters:
            raise Failure(
                f"SOURCES={options.sources} and the parameter Sources are given",
                remedy="give one of the two",
            )
        parameters[template_parameters.SOURCES] = read_sources(options.sources)
    if store := os.environ.get("STORE"):
        parameters.setdefault("Store", store)
    if template_parameters.SOURCES in os.environ.keys() - parameters.keys():
        print("Sources of the environment is not read; PARAMETERS=\"'Sources=…'\" is")
    return parameters


def read_sources(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        remedy = "make sources DATABASE_URL=… writes sources.json"
        raise Failure(f"SOURCES={file}: {error.strerror}", remedy=remedy) from None


def logs(options: argparse.Namespace) -> int:
    python = tools.SAM / "bin" / "python"
    script = Path(__file__).with_name("function_logs.py")
    variables = environment.read(options.state / "env")
    return command.run_in_foreground([python, script, "500"], env=for_local_programs(variables))


def down(options: argparse.Namespace) -> None:
    stopped = [stack.down() for stack in stacks_within(options.state)]
    if not any(stopped):
        print("nothing was running")


def clean(options: argparse.Namespace) -> None:
    for stack in stacks_within(options.state):
        stack.remove()


def prepare_tests(_: argparse.Namespace) -> None:
    prerequisites.check()
    browser.prepare()


def python(options: argparse.Namespace) -> int:
    """Run a Python program in the environment of a requirements file."""
    environment = tools.TOOLS / options.name
    with step("tools", f"Python packages of {options.name}.txt") as current:
        tools.install_requirements(current, environment, f"{options.name}.txt")
    return command.run_in_foreground([environment / "bin" / "python", *options.argv])


def sam(argv: list[str]) -> None:
    """Become the SAM CLI."""
    tools.install_sam(cross_compiler=argv[:1] == ["build"])
    os.execvpe("sam", ["sam", *argv], os.environ | tools.sam_settings())
