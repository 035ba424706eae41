"""`sam deploy` of the template to the emulator, and only when something changed."""

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import command
import tools
from build import BUILD, architecture, sam_environment
from environment import aws_client
from paths import CHECKOUT, TEMPLATE
from steps import Failure, Step, step

if TYPE_CHECKING:
    from stack import Stack

FINISH = Path(__file__).with_name("finish_deployment.py")
STACK_NAME = "pgfold"

OF_THE_LOCAL_CLOUD = {
    "Stage": "local",
    "ApiAuth": "none",
    # The emulator would throttle tests that submit many jobs at once.
    "SubmitConcurrency": "0",
    # Tests choose how many mappers there are; this database is their own.
    "ConnectionBudget": "1000",
}


def deploy(
    stack: "Stack", endpoint: str, built: str, backends: dict[str, str], chosen: dict[str, str]
) -> dict[str, str]:
    """Deploy unless this very thing is deployed; return what the deployed stack says about itself.

    Of `backends` the template gets what it has a parameter for, of `chosen` everything.
    """
    with step("deploy", f"{TEMPLATE.name} to the emulator") as current:
        known = known_parameters()
        if unknown := chosen.keys() - known:
            # SAM would drop them without a word.
            names = ", ".join(sorted(unknown))
            raise Failure(
                f"{TEMPLATE.name} has no parameter {names}",
                remedy=f"choose from {', '.join(known)}",
            )
        offered = OF_THE_LOCAL_CLOUD | {"Architecture": architecture()} | backends
        offered = {name: value for name, value in offered.items() if name in known}
        # Defaults too: what is not given keeps the value of the deployment before.
        defaults = {name: default for name, default in known.items() if default is not None}
        parameters = defaults | offered | chosen

        # An emulator that was started anew has nothing deployed.
        identity = identity_of(
            built, parameters, stack.server("emulator").leader(), FINISH.read_text()
        )
        record = stack.state / "deployed.json"
        if record.exists():
            deployed = json.loads(record.read_text())
            if deployed["identity"] == identity:
                return deployed["outputs"]
            record.unlink()
        outputs = sam_deploy(current, stack, endpoint, parameters)
        record.write_text(json.dumps({"identity": identity, "outputs": outputs}, indent=1))
        return outputs


def sam_deploy(
    current: Step, stack: "Stack", endpoint: str, parameters: dict[str, str]
) -> dict[str, str]:
    # In a file, which takes any character and which `ps` does not show.
    parameter_file = stack.state / "parameters.yaml"
    parameter_file.touch(mode=0o600)
    parameter_file.write_text(json.dumps(parameters))  # JSON is YAML too
    output_file = stack.state / "outputs.json"
    log = stack.log("deploy")
    log.unlink(missing_ok=True)
    env = sam_environment(aws_client(endpoint) | {"SAM_CLI_POLL_DELAY": "0.2"})
    sam = ["sam", "deploy", "--config-file", CHECKOUT / "samconfig.toml", "--config-env", "local"]
    sam += ["--template-file", BUILD / TEMPLATE.name, "--stack-name", STACK_NAME]
    sam += ["--parameter-overrides", f"file://{parameter_file}"]
    remedy = "if the template is right, `make down` forgets what was deployed before"
    command.run(current, sam, log=log, env=env, cwd=CHECKOUT, remedy=remedy)
    command.run(
        current, [tools.SAM / "bin" / "python", FINISH, STACK_NAME, output_file], log=log, env=env
    )
    return json.loads(output_file.read_text())


def known_parameters() -> dict[str, str | None]:
    """The parameters that the template declares, with their defaults if they have one."""
    declarations = TEMPLATE.read_text().partition("\nParameters:\n")[2]
    declarations = re.split(r"^\S", declarations, maxsplit=1, flags=re.MULTILINE)[0]
    _, *parts = re.split(r"^  (\w+):", declarations, flags=re.MULTILINE)
    defaults = (re.search(r"^    Default: (.*)$", part, re.MULTILINE) for part in parts[1::2])
    values = (found and found[1].strip('"') for found in defaults)
    return dict(zip(parts[::2], values, strict=True))


def identity_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
