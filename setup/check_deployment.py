"""Fail if templates, workflows or dependencies break a rule.

Run it with the packages of lint.txt: `python3 setup/local_cloud python lint -- PROGRAM`. The tools
that it runs neither need an account nor report anything home.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
TOOLS = Path(sys.executable).parent
TEMPLATE = CHECKOUT / "template.yaml"
INFRA = sorted((CHECKOUT / "infra").glob("*.yaml"))
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))
UPDATES = CHECKOUT / ".github" / "dependabot.yml"
FORMS = sorted((CHECKOUT / ".github" / "ISSUE_TEMPLATE").glob("*_*.yml"))

# Outputs for people to read; any other is for a parameter of its name.
FOR_PEOPLE = {
    "network.yaml": {"VpcId"},
    "database.yaml": {"OwnerHost", "OwnerSecretArn"},
    "github-oidc.yaml": {
        "ArtifactBucket",
        "CloudFormationRoleArn",
        "DeployRoleArn",
        "SmokeTestRoleArn",
    },
    "subscription.yaml": {"UndeliveredEventsUrl"},
}


def main() -> None:
    templates = [flag for template in (TEMPLATE, *INFRA) for flag in ("--file", template)]
    checkov = ["checkov", "--framework=cloudformation", "--skip-download", "--compact", "--quiet"]
    schema = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
    updates = ["check-jsonschema", "--builtin-schema", "vendor.dependabot"]
    forms = ["check-jsonschema", "--builtin-schema", "vendor.github-issue-forms"]
    zizmor = ["zizmor", "--offline", "--no-progress", "--quiet", "--persona", "pedantic"]
    deny = ["cargo-deny", "--locked", "check", "--hide-inclusion-graph"]
    failed = [
        not run([*checkov, *templates]),
        not run([*schema, *WORKFLOWS]),
        not run([*updates, UPDATES]),
        not run([*forms, *FORMS]),
        not run([*zizmor, *WORKFLOWS, UPDATES]),
        not run([*deny, "licenses", "bans", "sources"]),
        *map(report, unmatched_outputs()),
    ]
    if any(failed):
        sys.exit("correct what is reported above, or suppress it in place with the reason")


def run(argv: list[str | Path]) -> bool:
    """Whether a tool finds nothing; what it finds is printed."""
    started = time.monotonic()
    # So that checkov prints no warning about the network, which it must not use.
    environment = os.environ | {"LOG_LEVEL": "ERROR"}
    result = subprocess.run(
        [TOOLS / argv[0], *argv[1:]],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    passed = result.returncode == 0
    print(f"{argv[0]:<17} {'ok' if passed else 'FAILED'} in {time.monotonic() - started:.1f} s")
    if not passed:
        print(result.stdout.strip())
    return passed


def report(problem: str) -> bool:
    print(problem)
    return True


def unmatched_outputs() -> list[str]:
    """Outputs of infra/ that infra/deploy.py passes to no stack: no parameter has the name."""
    taken = set().union(*(section(template, "Parameters") for template in (TEMPLATE, *INFRA)))
    return [
        f"{template.name}: no template has a parameter {output}"
        for template in INFRA
        for output in section(template, "Outputs") - FOR_PEOPLE.get(template.name, set())
        if output not in taken
    ]


class Loader(yaml.SafeLoader):
    """Reads a template; it does not resolve !Ref and the like."""


Loader.add_multi_constructor("!", lambda loader, tag, node: tag)


def section(template: Path, name: str) -> set[str]:
    return set(yaml.load(template.read_text(), Loader).get(name, {}))


if __name__ == "__main__":
    main()
