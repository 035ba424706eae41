"""What a stack needs of an emulator that enforces IAM.

`boundary OUTPUT` makes the boundary of infra/github-oidc.yaml and writes its ARN. `roles STACK`
gives the stack's roles the boundary of its parameter, which the emulator's CloudFormation leaves
out, and an action that only the emulator asks for. SAM's own Python runs this, because it needs
boto3 and SAM's reader of templates.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse

from paths import CHECKOUT

TEMPLATE = CHECKOUT / "infra" / "github-oidc.yaml"
REPOSITORY = "octo-org/pgfold"

# The emulator authorises this call by its own name, which AWS's IAM does not know: there it takes
# sqs:SendMessage. So no role and no boundary that ships has it.
OF_THE_EMULATOR = "sqs:SendMessageBatch"
SINGLE = "sqs:SendMessage"


def make_boundary(output_file: str) -> None:
    cloudformation = boto3.client("cloudformation")
    name = "pgfold-github"
    with suppress(cloudformation.exceptions.AlreadyExistsException):  # deployed to again
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(boundary_alone(yaml_parse(TEMPLATE.read_text()))),
            Parameters=[{"ParameterKey": "Repository", "ParameterValue": REPOSITORY}],
            Capabilities=["CAPABILITY_IAM"],
        )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    [arn] = [one["OutputValue"] for one in outputs if one["OutputKey"] == "PermissionsBoundaryArn"]
    Path(output_file).write_text(json.dumps(arn))


def boundary_alone(template: dict) -> dict:
    """Without the other resources: the emulator's CloudFormation makes no OIDC provider."""
    kept = {"Resources": "Boundary", "Outputs": "PermissionsBoundaryArn"}
    alone = template | {section: {one: template[section][one]} for section, one in kept.items()}
    allow_batches(alone["Resources"]["Boundary"]["Properties"]["PolicyDocument"])
    return alone


def finish_roles(stack: str) -> None:
    iam, cloudformation = boto3.client("iam"), boto3.client("cloudformation")
    given = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Parameters"]
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in given}
    resources = cloudformation.describe_stack_resources(StackName=stack)
    for resource in resources["StackResources"]:
        if resource["ResourceType"] != "AWS::IAM::Role":
            continue
        role = resource["PhysicalResourceId"]
        iam.put_role_permissions_boundary(
            RoleName=role, PermissionsBoundary=parameters["PermissionsBoundaryArn"]
        )
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            allow_batches(document)
            iam.put_role_policy(
                RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document)
            )


def allow_batches(document: dict) -> None:
    """Has a policy allow batches where it allows single messages, as AWS does."""
    for statement in document["Statement"]:
        actions = statement.get("Action", [])  # some are Fn::If
        actions = [actions] if isinstance(actions, str) else actions
        if SINGLE in actions and OF_THE_EMULATOR not in actions:
            statement["Action"] = [*actions, OF_THE_EMULATOR]


if __name__ == "__main__":
    {"boundary": make_boundary, "roles": finish_roles}[sys.argv[1]](sys.argv[2])
