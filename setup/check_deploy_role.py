"""Fail if the role that CI deploys with could not create what template.yaml has.

Whether it could by the names that CloudFormation gives: STACK-LogicalId-… unless the template says
another. What else the role needs, to update and to delete, no check can know without AWS.
"""

import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
STACK = "a-stack"

# How each type of resource is created: by which action, on a resource of which ARN, and which
# property names it.
CREATED = {
    "AWS::ApiGatewayV2::Api": ("apigateway:POST", "/apis", None),
    "AWS::ApiGatewayV2::Authorizer": ("apigateway:POST", "/apis/id/authorizers", None),
    "AWS::ApiGatewayV2::Integration": ("apigateway:POST", "/apis/id/integrations", None),
    "AWS::ApiGatewayV2::Route": ("apigateway:POST", "/apis/id/routes", None),
    "AWS::ApiGatewayV2::Stage": ("apigateway:POST", "/apis/id/stages", None),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", "alarm:{}", "AlarmName"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch:PutDashboard", "dashboard/{}", "DashboardName"),
    "AWS::DynamoDB::Table": ("dynamodb:CreateTable", "table/{}", "TableName"),
    "AWS::IAM::ManagedPolicy": ("iam:CreatePolicy", "policy/{}", "ManagedPolicyName"),
    "AWS::IAM::Role": ("iam:CreateRole", "role/{}", "RoleName"),
    "AWS::Lambda::Permission": ("lambda:AddPermission", f"function:{STACK}-function", None),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", "log-group:{}", "LogGroupName"),
    "AWS::SQS::Queue": ("sqs:CreateQueue", "{}", "QueueName"),
    "AWS::SQS::QueuePolicy": ("sqs:SetQueueAttributes", f"{STACK}-queue", None),
    "AWS::Serverless::Function": ("lambda:CreateFunction", "function:{}", "FunctionName"),
}

# What SAM makes of them besides.
ALSO_CREATED = {
    "the role of CodeDeploy": ("iam:CreateRole", f"role/{STACK}-CodeDeployServiceRole-x"),
    "its application": ("codedeploy:CreateApplication", f"application:{STACK}-Application-x"),
    "its groups": ("codedeploy:CreateDeploymentGroup", f"deploymentgroup:{STACK}-App-x/Group-x"),
    "a function's alias": ("lambda:CreateAlias", f"function:{STACK}-Function-x:live"),
}


def main() -> None:
    grants = list(granted())
    problems = [
        f"{name}: CloudFormationRole has no {action} on {resource}"
        for name, action, resource in created()
        if not any(action in actions and matches(resource, arn) for actions, arn in grants)
    ]
    if problems:
        sys.exit("infra/github-oidc.yaml cannot deploy template.yaml:\n" + "\n".join(problems))


def created() -> Iterator[tuple[str, str, str]]:
    for logical_id, resource in read("template.yaml")["Resources"].items():
        kind = resource["Type"]
        if kind not in CREATED:
            sys.exit(f"template.yaml has a {kind}, of which {Path(__file__).name} knows nothing")
        action, arn, naming = CREATED[kind]
        name = resource.get("Properties", {}).get(naming, f"{STACK}-{logical_id}-x")
        yield logical_id, action, arn.format(name.replace("${AWS::StackName}", STACK))
    for name, (action, arn) in ALSO_CREATED.items():
        yield name, action, arn


def granted() -> Iterator[tuple[list[str], str]]:
    """Actions that are allowed, and on what, as far as the ARN goes past the account."""
    role = read("infra/github-oidc.yaml")["Resources"]["CloudFormationRole"]
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if isinstance(statement, dict) and statement["Effect"] == "Allow":
                for arn in as_list(statement["Resource"]):
                    yield as_list(statement["Action"]), arn.replace("${StackName}", STACK)


def matches(resource: str, arn: str) -> bool:
    pattern = arn.replace("${AWS::Partition}", "").replace("${AWS::Region}", "")
    return fnmatchcase(resource, pattern.replace("${AWS::AccountId}", "").split(":", 5)[-1])


def as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def read(template: str) -> dict:
    return yaml.load((CHECKOUT / template).read_text(), Loader)


class Loader(yaml.SafeLoader):
    """Reads `!Sub text` as the text, and `!Ref AWS::StackName` as what stands for it."""


def intrinsic(loader: Loader, tag: str, node: yaml.Node) -> str:
    text = node.value if isinstance(node, yaml.ScalarNode) else tag
    return f"${{{text}}}" if tag == "Ref" else text


Loader.add_multi_constructor("!", intrinsic)

if __name__ == "__main__":
    main()
