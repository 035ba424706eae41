"""`sam-env`: a directory from which `sam local` runs the functions against the local cloud.

SAM runs a function in a container, and passes on only variables that its template declares. So this
writes, besides the variables, a template that declares where AWS is. The built functions lie beside
it, each with the certificate authority by which it trusts the relay to the database.
"""

import argparse
import ipaddress
import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import deployed_functions
import environment
import ports
import tools
from build import BUILD, architecture, build, functions_of_template, template_of_programs
from environment import aws_client
from origin import NAMES
from paths import CHECKOUT, TEMPLATE
from process import Server
from stack import Stack, only_one_at_a_time
from steps import Failure, step

RELAY = Path(__file__).with_name("container_relay.py")

# Where SAM puts a function's directory.
IN_CONTAINER = "/var/task"

SETTINGS = """\
version = 0.1

[default.global.parameters]
template_file = "template.yaml"
parameter_overrides = "Architecture={architecture} Stage=local"
env_vars = "variables.json"
region = "{region}"

# It knows Lambda authorizers only, of which there are none, and fails over the others.
[default.local_start_api.parameters]
disable_authorizer = true
"""


def run(options: argparse.Namespace) -> None:
    """Write the directory, start the relay, and say how to go on."""
    stack = Stack(options.state)
    variables = environment.read(stack.state / "env")
    if not stack.server("emulator").is_running():
        raise Failure("the stack is not up any more", remedy="make up")
    if variables["STORE"] != "dynamodb":
        raise Failure(
            "jobs are in Valkey, which containers do not reach without TLS",
            remedy="STORE=dynamodb make up",
        )
    with only_one_at_a_time():
        build()
    home = stack.state / "sam-local"
    with step("sam", f"a directory for sam local, and what containers reach {home.name} by"):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        reachable = start_relay(stack, home, variables)
        write(home, reachable, variables["AWS_ENDPOINT_URL"])
    sam = tools.SAM / "bin" / "sam"
    print(f"""
  cd {home}
  export PATH="{sam.parent}:$PATH"
  sam local invoke SubmitFunction --event {CHECKOUT}/tests/events/submit/demo.json
  sam local start-api
""")


def start_relay(stack: Stack, home: Path, variables: dict[str, str]) -> dict[str, str]:
    """Relay to the servers on loopback; the variables by which containers find them."""
    address = bridge()
    [aws_port, database_port] = ports.choose(2)
    endpoint = urlsplit(variables["AWS_ENDPOINT_URL"])
    database = urlsplit(variables["DATABASE_URL"])
    relayed = {
        "address": address,
        "certificates": str(home),
        "plain": {aws_port: [endpoint.hostname, endpoint.port]},
        "postgres": {},
    }
    reachable = aws_client(f"http://{address}:{aws_port}")
    if database.hostname in NAMES:
        relayed["postgres"][database_port] = [database.hostname, database.port or 5432]
        login = database.netloc.rpartition("@")[0]
        there = database._replace(netloc=f"{login}@{address}:{database_port}")
        reachable["DATABASE_URL"] = urlunsplit(there)
        reachable["DATABASE_CA_FILE"] = f"{IN_CONTAINER}/ca.pem"
    relay = stack.server("relay")
    relay.stop()
    relay.start([tools.SAM / "bin" / "python", RELAY, json.dumps(relayed)], env={})
    wait_until_there(relay, home / "ca.pem")
    return reachable


def bridge() -> str:
    """The address that this machine has for containers."""
    network = "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}"
    try:
        asked = subprocess.run(
            ["docker", "network", "inspect", "bridge", "--format", network],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        raise Failure("there is no docker, in which SAM runs functions") from None
    if asked.returncode:
        raise Failure(f"no Docker engine runs: {asked.stderr.strip()}")
    gateway, _, subnet = asked.stdout.strip().rpartition(" ")
    # Some versions leave it out where nobody has chosen one: then it is the first.
    return gateway or str(next(ipaddress.ip_network(subnet).hosts()))


def wait_until_there(relay: Server, file: Path) -> None:
    relay.wait_until(file.exists, seconds=30, else_="the relay to containers did not start")


def write(home: Path, reachable: dict[str, str], endpoint: str) -> None:
    deployed = deployed_functions.functions(endpoint)
    variables = {}
    for logical_id in functions_of_template().values():
        shutil.copytree(BUILD / logical_id, home / logical_id)
        shutil.copy(home / "ca.pem", home / logical_id)
        variables[logical_id] = {**deployed[logical_id].variables, **reachable}
    # It holds the password of the database.
    file = home / "variables.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(variables, indent=1))
    (home / TEMPLATE.name).write_text(declaring(template_of_programs(packed=False)))
    settings = SETTINGS.format(architecture=architecture(), region=environment.REGION)
    (home / "samconfig.toml").write_text(settings)


def declaring(template: str) -> str:
    """The template, with variables of AWS's SDK among those of every function."""
    head = "    Environment:\n      Variables:\n"
    before, found, after = template.partition(head)
    if not found:
        raise Failure(f"{TEMPLATE.name} sets no variables for all functions")
    declared = "".join(f'        {name}: ""\n' for name in aws_client(""))
    return before + found + declared + after
