"""infra/subscription.yaml, deployed to the emulator.

A topic's subscription is a stack. The emulator's CloudFormation knows neither connections nor API
destinations, but its EventBridge does, so what a webhook has is made by calls with the properties
that the template states.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping

import boto3
from samcli.yamlhelper import yaml_parse

from deploy import STACK_NAME
from environment import for_local_programs
from paths import CHECKOUT
from template_parameters import pair

TEMPLATE = CHECKOUT / "infra" / "subscription.yaml"


def deploy(name: str, *parameters: str) -> subprocess.CompletedProcess:
    """Deploy it as `make stack` does, and return what is printed."""
    argv = [sys.executable, "infra/deploy.py", "--config-env", "infra", "--template", TEMPLATE]
    argv += ["--stack-name", name, "--outputs-of", STACK_NAME]
    argv += ["--parameters", " ".join(parameters), "--sam", "--no-confirm-changeset"]
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    variables["SAM_CLI_POLL_DELAY"] = "0.2"
    return subprocess.run(
        argv,
        cwd=CHECKOUT,
        env=for_local_programs(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def create(name: str, parameters: Mapping[str, str]) -> None:
    """Ask CloudFormation for its queue alone, because the emulator asks its rules last."""
    template = yaml_parse(TEMPLATE.read_text())
    only = "UndeliveredEvents"
    template |= {"Resources": {only: template["Resources"][only]}, "Outputs": {}}
    given = {"StackName": STACK_NAME} | parameters
    boto3.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": given[key]} for key in given],
    )


def call_webhook(name: str, undo: Callable[..., object], *parameters: str) -> None:
    """Make the rule, the connection and the API destination of a webhook.

    `undo` gets what deletes them again, as `addCleanup` takes it.
    """
    events = boto3.client("events")
    template = Template(dict(map(pair, (f"StackName={STACK_NAME}", *parameters))))
    made = events.create_connection(Name=name, **template.properties("Connection"))
    undo(events.delete_connection, Name=name)
    template.attributes["Connection", "Arn"] = made["ConnectionArn"]
    made = events.create_api_destination(Name=name, **template.properties("Webhook"))
    undo(events.delete_api_destination, Name=name)
    template.attributes["Webhook", "Arn"] = made["ApiDestinationArn"]

    rule = template.properties("Rule")
    targets, pattern = rule.pop("Targets"), json.dumps(rule.pop("EventPattern"))
    bus = rule["EventBusName"]
    events.put_rule(Name=name, EventPattern=pattern, **rule)
    undo(events.delete_rule, Name=name, EventBusName=bus)
    events.put_targets(Rule=name, EventBusName=bus, Targets=targets)
    ids = [target["Id"] for target in targets]
    undo(events.remove_targets, Rule=name, EventBusName=bus, Ids=ids)


class Template:
    """The template with some parameters, as CloudFormation resolves it."""

    def __init__(self, parameters: Mapping[str, str]):
        self.template = yaml_parse(TEMPLATE.read_text())
        self.parameters = parameters
        # What the emulator neither asks nor delivers to.
        arn = "arn:aws:{}:us-east-1:000000000000:{}"
        self.attributes = {
            ("UndeliveredEvents", "Arn"): arn.format("sqs", "undelivered"),
            ("WebhookRole", "Arn"): arn.format("iam", "role/webhook"),
        }

    def properties(self, resource: str) -> dict:
        return self.resolved(self.template["Resources"][resource]["Properties"])

    def resolved(self, value: object) -> object:
        """What CloudFormation makes of a value; `None` stands for AWS::NoValue."""
        match value:
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Ref": str(name)}:
                return self.parameter(name)
            case {"Fn::GetAtt": [resource, attribute]}:
                return self.attributes[resource, attribute]
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{(\w+)\}", lambda name: str(self.parameter(name[1])), text)
            case {"Fn::If": [condition, then, otherwise]}:
                holds = self.resolved(self.template["Conditions"][condition])
                return self.resolved(then if holds else otherwise)
            case {"Fn::Equals": [one, other]}:
                return self.resolved(one) == self.resolved(other)
            case {"Fn::Not": [condition]}:
                return not self.resolved(condition)
            case dict():
                found = {name: self.resolved(one) for name, one in value.items()}
                return {name: one for name, one in found.items() if one is not None}
            case list():
                return [one for one in map(self.resolved, value) if one is not None]
        return value

    def parameter(self, name: str) -> object:
        declared = self.template["Parameters"][name]
        value = self.parameters.get(name, declared.get("Default"))
        match declared["Type"]:
            case "Number":
                return int(value)
            case "CommaDelimitedList":
                return value.split(",")
        return value
