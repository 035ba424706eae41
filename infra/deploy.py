"""`sam deploy`, with the outputs of other stacks as the parameters that have their names.

Parameters come from, the later over the earlier: samconfig.toml's section, DATABASE_URL, the
outputs of --outputs-of, and NAME=VALUE on the command line. SAM itself would take the last alone.
Once the stack is up each of its functions is started: one that cannot start fails the deployment,
which stays as it is.
Run it with the packages of the SAM CLI: `python3 setup/local_cloud python sam -- infra/deploy.py`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from samcli.yamlhelper import yaml_parse

CHECKOUT = Path(__file__).resolve().parents[1]
# What a deployment to the local cloud does the same.
sys.path.append(str(CHECKOUT / "setup" / "local_cloud"))

import refusals  # noqa: E402
import start_functions  # noqa: E402
import template_functions  # noqa: E402
import template_parameters  # noqa: E402
from steps import Failure  # noqa: E402

# template.yaml as `sam build` leaves it, with the functions beside it.
BUILT = CHECKOUT / ".aws-sam" / "build" / "template.yaml"

# Options with which `sam deploy` only says what it would do.
NOT_DEPLOYED = {"--no-execute-changeset"}


def main(argv: list[str]) -> None:
    try:
        deploy(parse(argv))
    except Failure as failure:
        sys.exit(failure.report())


def deploy(options: argparse.Namespace) -> None:
    template = options.template or BUILT
    if not template.exists():
        sys.exit(f"there is no {template}; `sam build` makes it")
    if region := os.environ.get("AWS_REGION"):
        # What boto3 and the SAM CLI read instead.
        os.environ.setdefault("AWS_DEFAULT_REGION", region)
    defaults = declared(template)
    try:
        parameters = template_parameters.as_deployed(collect(options, set(defaults)))
        before = deployed(options)
        everything = defaults | before | parameters
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS does not say what is deployed: {error}")
    refusals.check(everything, before)
    if template_parameters.SOURCES in defaults:
        template_functions.check_environments(everything)
    sam = [Path(sys.executable).with_name("sam"), "deploy", "--template-file", template]
    sam += ["--config-file", CHECKOUT / "samconfig.toml", "--config-env", options.config_env]
    sam += ["--stack-name", options.stack_name] if options.stack_name else []
    print(f"parameters: {', '.join(parameters) or 'none'}", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".yaml") as overrides:
        template_parameters.write_overrides(Path(overrides.name), parameters)
        sam += ["--parameter-overrides", f"file://{overrides.name}"] if parameters else []
        environment = {"SAM_CLI_TELEMETRY": "0"} | os.environ
        if status := subprocess.run([*sam, *options.sam], env=environment).returncode:
            sys.exit(status)
    if template_parameters.SOURCES in defaults and not NOT_DEPLOYED & set(options.sam):
        check_start(options)


def check_start(options: argparse.Namespace) -> None:
    """End if a function of the stack cannot start."""
    try:
        problems = start_functions.problems(stack_name(options))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS does not say which functions are deployed: {error}")
    if problems:
        raise Failure(
            "\n".join(problems),
            remedy="the stack stays as it is; correct the parameters, then deploy again",
        )
    print("every function starts")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="infra/deploy.py")
    parser.add_argument("--config-env", default="default", help="a section of samconfig.toml")
    parser.add_argument("--template", type=Path, help="not what `sam build` built, but this")
    parser.add_argument("--stack-name", help="not the one that the section names")
    parser.add_argument("--outputs-of", nargs="*", default=[], metavar="STACK")
    parser.add_argument("--parameters", default={}, type=pairs, metavar="'NAME=VALUE …'")
    parser.add_argument("--parameter", action="append", default=[], type=pair, metavar="NAME=VALUE")
    parser.add_argument(
        "--sam", nargs=argparse.REMAINDER, default=[], help="the rest is for `sam deploy`"
    )
    return parser.parse_args(argv)


def pair(text: str) -> tuple[str, str]:
    try:
        return template_parameters.pair(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def pairs(text: str) -> dict[str, str]:
    try:
        return template_parameters.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def declared(template: Path) -> dict[str, str]:
    """The parameters, each with its default, or with nothing."""
    parameters = yaml_parse(template.read_text()).get("Parameters", {})
    return {name: str(parameter.get("Default", "")) for name, parameter in parameters.items()}


def collect(options: argparse.Namespace, names: set[str]) -> dict[str, str]:
    """The parameters, all of them among `names`; an output that is not is for somebody else."""
    wanted = configured(options.config_env)
    if url := os.environ.get("DATABASE_URL"):
        wanted["DatabaseUrl"] = url
    for stack in options.outputs_of:
        wanted |= outputs(stack)
    wanted = {name: value for name, value in wanted.items() if name in names}
    given = options.parameters | dict(options.parameter)
    if unknown := given.keys() - names:
        sys.exit(f"the template has no parameter {', '.join(sorted(unknown))}")
    if "Release" in names:
        wanted["Release"] = release(datetime.now(UTC))
    return wanted | given


def release(now: datetime) -> str:
    """Ten characters, others in each second of a decade: SAM publishes versions by them."""
    return now.strftime("%y%j%H%M%S")[1:]


def section(config_env: str) -> dict:
    config = tomllib.loads((CHECKOUT / "samconfig.toml").read_text())
    return config.get(config_env, {}).get("deploy", {}).get("parameters", {})


def configured(config_env: str) -> dict[str, str]:
    overrides = section(config_env).get("parameter_overrides", "")
    match overrides:
        case str():
            return template_parameters.split(overrides)
        case dict():
            return {name: str(value) for name, value in overrides.items()}
    return dict(template_parameters.pair(word) for word in overrides)


def deployed(options: argparse.Namespace) -> dict[str, str]:
    """The parameters that the stack has, and keeps unless it is given others."""
    name = stack_name(options)
    try:
        parameters = describe(name).get("Parameters", []) if name else []
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        parameters = []
    return {one["ParameterKey"]: one["ParameterValue"] for one in parameters}


def stack_name(options: argparse.Namespace) -> str | None:
    return options.stack_name or section(options.config_env).get("stack_name")


def outputs(stack: str) -> dict[str, str]:
    described = describe(stack)
    return {out["OutputKey"]: out["OutputValue"] for out in described.get("Outputs", [])}


def describe(stack: str) -> dict:
    return boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]


if __name__ == "__main__":
    main(sys.argv[1:])
