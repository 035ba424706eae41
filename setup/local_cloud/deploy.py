"""`sam deploy` of the template to the emulator, and only when something changed."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import command
import template_functions
import template_parameters
import tools
from build import BUILD, architecture
from environment import aws_client, for_local_programs
from paths import CHECKOUT, TEMPLATE
from process import Running
from steps import Failure, Step, step

FINISH = Path(__file__).with_name("finish_deployment.py")
START = Path(__file__).with_name("start_functions.py")
ENFORCED_IAM = Path(__file__).with_name("enforced_iam.py")
STACK_NAME = "pgfold"

OF_THE_LOCAL_CLOUD = {
    "Stage": "local",
    "ApiAuth": "none",
    # The emulator would throttle tests that submit many jobs at once.
    "SubmitConcurrency": "0",
    # Tests choose how many mappers there are; this database is their own.
    "ConnectionBudget": "1000",
    # Whoever has the emulator may make state machines that wait for jobs.
    "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:*",
}


@dataclass(frozen=True)
class Target:
    """The emulator to deploy to, and where the stack keeps the record of its deployment."""

    endpoint: str
    emulator: Running | None
    state: Path
    log: Path
    enforces_iam: bool = False
    template: Path = BUILD / TEMPLATE.name


def deploy(
    target: Target, built: str, backends: dict[str, str], chosen: dict[str, str]
) -> dict[str, str]:
    """Deploy, unless exactly this is deployed already; return the outputs of the deployed stack.

    The template gets those `backends` that it has a parameter for, and everything `chosen`.
    """
    with step("deploy", f"{TEMPLATE.name} to the emulator") as current:
        known = known_parameters()
        if unknown := chosen.keys() - known:
            # SAM would drop them silently.
            names = ", ".join(sorted(unknown))
            raise Failure(
                f"{TEMPLATE.name} has no parameter {names}",
                remedy=f"choose from {', '.join(known)}",
            )
        say_what_is_reset(target, chosen)
        offered = OF_THE_LOCAL_CLOUD | {"Architecture": architecture()} | backends
        offered = {name: value for name, value in offered.items() if name in known}
        # Defaults too: a parameter that is not passed keeps the value of the last deployment.
        defaults = {name: default for name, default in known.items() if default is not None}
        parameters = template_parameters.as_deployed(defaults | offered | chosen)
        template_functions.check_environments(parameters)

        # After a restart of the emulator nothing is deployed.
        programs = [program.read_text() for program in (FINISH, START, ENFORCED_IAM)]
        identity = identity_of(built, parameters, target.emulator, programs)
        record = target.state / "deployed.json"
        if record.exists():
            deployed = json.loads(record.read_text())
            if deployed["identity"] == identity:
                return deployed["outputs"]
            record.unlink()
        outputs = sam_deploy(current, target, parameters)
        chosen_before(target).write_text(json.dumps(sorted(chosen)))
        record.write_text(json.dumps({"identity": identity, "outputs": outputs}, indent=1))
        return outputs


def sam_deploy(current: Step, target: Target, parameters: dict[str, str]) -> dict[str, str]:
    output_file = target.state / "outputs.json"
    log = target.log
    log.unlink(missing_ok=True)
    python = tools.SAM / "bin" / "python"
    variables = aws_client(target.endpoint) | {"SAM_CLI_POLL_DELAY": "0.2"}
    env = for_local_programs(tools.sam_settings() | variables)
    if target.enforces_iam:
        command.run(current, [python, ENFORCED_IAM, "boundary", output_file], log=log, env=env)
        boundary = json.loads(output_file.read_text())
        parameters = parameters | {"PermissionsBoundaryArn": boundary}
    parameter_file = target.state / "parameters.yaml"
    template_parameters.write_overrides(parameter_file, parameters)
    sam = ["sam", "deploy", "--config-file", CHECKOUT / "samconfig.toml", "--config-env", "local"]
    sam += ["--template-file", target.template, "--stack-name", STACK_NAME]
    sam += ["--parameter-overrides", f"file://{parameter_file}"]
    remedy = "if the template is right, `make down` forgets what was deployed before"
    command.run(current, sam, log=log, env=env, cwd=CHECKOUT, remedy=remedy)
    if target.enforces_iam:
        command.run(current, [python, ENFORCED_IAM, "roles", STACK_NAME], log=log, env=env)
    command.run(current, [python, FINISH, STACK_NAME, output_file], log=log, env=env)
    outputs = json.loads(output_file.read_text())
    command.run(current, [python, START, STACK_NAME, output_file], log=log, env=env)
    if problems := json.loads(output_file.read_text()):
        raise Failure("\n".join(problems), remedy="correct PARAMETERS, then deploy again")
    return outputs


def chosen_before(target: Target) -> Path:
    """The file with the names of the parameters chosen for the last deployment."""
    return target.state / "chosen.json"


def say_what_is_reset(target: Target, chosen: Mapping[str, str]) -> None:
    file = chosen_before(target)
    before = json.loads(file.read_text()) if file.exists() else []
    if reset := set(before) - chosen.keys():
        print(f"\n{'':<10} back to their defaults, because they are not given: ", end="")
        print(f"{template_parameters.names(reset)} …", end="", flush=True)


def known_parameters() -> dict[str, str | None]:
    """The parameters that the template declares, with their defaults if they have one."""
    declarations = TEMPLATE.read_text().partition("\nParameters:\n")[2]
    declarations = re.split(r"^\S", declarations, maxsplit=1, flags=re.MULTILINE)[0]
    _, *parts = re.split(r"^  (\w+):", declarations, flags=re.MULTILINE)
    defaults = (re.search(r"^    Default: (.*)$", part, re.MULTILINE) for part in parts[1::2])
    values = (found and found[1].strip("\"'") for found in defaults)
    return dict(zip(parts[::2], values, strict=True))


def identity_of(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
