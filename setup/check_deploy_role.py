"""Fail if the roles of infra/github-oidc.yaml do not fit template.yaml.

CloudFormationRole must be able to make, tag, change, read and delete what the template has, by the
names that CloudFormation chooses: STACK-LogicalId-… unless the template says another. Boundary must
leave the template's roles what their policies allow. DeployRole must be able to start each of the
template's functions, and nothing else of Lambda. Run it with the packages of the SAM CLI, among
which is cfn-lint: `python3 setup/local_cloud python sam -- setup/check_deploy_role.py`.
"""

import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from cloudformation_calls import FUNCTION, STACK, arn_of, needed

CHECKOUT = Path(__file__).resolve().parents[1]

# What AWS says of such a call, for conditions to ask.
CONTEXT = {
    "aws:ResourceAccount": "${AWS::AccountId}",
    "events:source": "pgfold",
    "iam:AWSServiceName": "ops.apigateway.amazonaws.com",
    "iam:PassedToService": "lambda.amazonaws.com",
    "iam:PermissionsBoundary": "${Boundary}",
    "iam:PolicyARN": f"arn::iam:::policy/{STACK}-TracingPolicy-x",
    "lambda:FunctionArn": f"arn::lambda:::{FUNCTION}",
}

# Parameters of template.yaml that name what its roles may reach.
GIVEN = {
    "${DatabaseUserArn}": "arn::rds-db:::dbuser:db-X/pgfold_reader",
    "${ValkeyCacheArn}": "arn::elasticache:::serverlesscache:pgfold",
    "${StateMachineArn}": "arn::states:::stateMachine:pgfold",
    "${ValkeyUserArn}": "arn::elasticache:::user:pgfold-functions",
}

# What AWSCodeDeployRoleForLambdaLimited allows and CodeDeploy does without hooks and triggers.
CODE_DEPLOY = [
    (f"arn::lambda:::{FUNCTION}", "lambda:GetAlias"),
    (f"arn::lambda:::{FUNCTION}", "lambda:GetProvisionedConcurrencyConfig"),
    (f"arn::lambda:::{FUNCTION}", "lambda:UpdateAlias"),
    ("", "cloudwatch:DescribeAlarms"),
]


def main() -> None:
    found = problems(
        read("template.yaml")["Resources"], read("infra/github-oidc.yaml")["Resources"]
    )
    if found:
        sys.exit("infra/github-oidc.yaml cannot deploy template.yaml:\n" + "\n".join(found))


def problems(template: dict, stack: dict) -> list[str]:
    """What the roles of `stack` cannot do for the resources of `template`, or do too much."""
    role = statements_of(stack["CloudFormationRole"])
    deployer = statements_of(stack["DeployRole"])
    boundary = stack["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    found = [
        f"{name}: CloudFormationRole may not {action} {arn}"
        for name, arn, action in needed(template)
        if not allowed(role, action, arn)
    ]
    found += [
        f"{name}: Boundary takes {action} on {arn} away"
        for name, arn, action in granted(template)
        if not allowed(boundary, action, arn)
    ]
    return [*found, *starts(template, deployer)]


def statements_of(role: dict) -> list[dict]:
    policies = role["Properties"]["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def starts(template: dict, deployer: list[dict]) -> Iterator[str]:
    """What is wrong with the functions that DeployRole may invoke."""
    functions = [
        arn_of(name, resource, "AWS::Lambda::Function")
        for name, resource in template.items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    for arn in functions:
        if not allowed(deployer, "lambda:InvokeFunction", arn):
            yield f"DeployRole may not lambda:InvokeFunction {arn}"
    for statement in deployer:
        calls = [action for action in as_list(statement["Action"]) if "lambda" in action.lower()]
        for pattern in as_list(statement["Resource"]) if calls else []:
            if calls != ["lambda:InvokeFunction"]:
                yield f"DeployRole may {', '.join(calls)}, more than to invoke functions"
            if sum(matches(arn, pattern) for arn in functions) != 1:
                yield f"DeployRole may invoke {pattern}, which is not one function"


def granted(template: dict) -> Iterator[tuple[str, str, str]]:
    """What the policies of the template's roles allow, and on what."""
    for name, resource in template.items():
        properties = resource["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            documents = [properties["PolicyDocument"]]
        for statement in (one for document in documents for one in document["Statement"]):
            if statement["Effect"] == "Allow":
                for arn in as_list(statement["Resource"]):
                    for action in as_list(statement["Action"]):
                        yield name, reached(arn, template), action
    for arn, action in CODE_DEPLOY:
        yield "CodeDeployRole", arn, action


def reached(arn: str, template: dict) -> str:
    """`JobsTable.Arn`, `${SubmitFunction.Alias}` and the like as the ARN that it stands for."""

    def attribute(match: re.Match) -> str:
        resource = template[match[1]]
        type_name = resource["Type"].replace("Serverless::Function", "Lambda::Function")
        return arn_of(match[1], resource, type_name) + (":live" if match[2] == "Alias" else "")

    return GIVEN.get(arn) or re.sub(r"^(?:\$\{)?(\w+)\.(Arn|Alias)\}?", attribute, arn)


def allowed(statements: list[dict], action: str, arn: str) -> bool:
    def applies(statement: dict) -> bool:
        return (
            action in as_list(statement["Action"])
            and any(matches(arn, one) for one in as_list(statement["Resource"]))
            and all(holds(*one) for one in statement.get("Condition", {}).items())
        )

    effects = {statement["Effect"] for statement in statements if applies(statement)}
    return effects == {"Allow"}


def holds(operator: str, asked: dict) -> bool:
    def one(key: str, values: str | list[str]) -> bool:
        alike = any(matches(CONTEXT[key], value) for value in as_list(values))
        return alike != ("Not" in operator)

    if operator not in {"ArnLike", "ArnNotLike", "StringEquals", "StringNotEquals"}:
        sys.exit(f"{Path(__file__).name} does not know the condition {operator}")
    return all(one(key, values) for key, values in asked.items())


def matches(value: str, pattern: str) -> bool:
    return fnmatchcase(past_account(value), past_account(pattern))


def past_account(arn: str) -> str:
    """The part of an ARN after the account; the parts before it are the same everywhere."""
    arn = arn.replace("${StackName}", STACK)
    arn = re.sub(r"\$\{AWS::(Partition|Region|AccountId)\}", "", arn)
    return arn.split(":", 5)[-1] if arn.startswith("arn:") else arn


def as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def read(template: str) -> dict:
    return yaml.load((CHECKOUT / template).read_text(), Loader)


class Loader(yaml.SafeLoader):
    """Reads a template with all its conditions true.

    `!Sub text` is the text, `!Ref AWS::StackName` what stands for it there, and of `!If` the first.
    """


def intrinsic(loader: Loader, tag: str, node: yaml.Node) -> object:
    if tag == "If":
        return loader.construct_sequence(node, deep=True)[1]
    text = node.value if isinstance(node, yaml.ScalarNode) else tag
    return f"${{{text}}}" if tag == "Ref" else text


Loader.add_multi_constructor("!", intrinsic)

if __name__ == "__main__":
    main()
