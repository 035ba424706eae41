"""Fail if the roles of infra/github-oidc.yaml do not fit template.yaml.

CloudFormationRole must be able to make, tag, change, read and delete what the template has, by the
names that CloudFormation chooses: STACK-LogicalId-… unless the template says another. Boundary must
leave the template's roles what their policies allow. DeployRole must be able to start each of the
template's functions, and nothing else of Lambda. Which calls CloudFormation makes for a type is
in AWS's schema of the type; those are the tables below, and no check can know without AWS that they
are all.
"""

import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
STACK = "a-stack"

API = "apigateway:DELETE GET PATCH POST"

# For each type: its ARN past the account, the property that names it, and the calls for it.
NEEDED = {
    "AWS::ApiGatewayV2::Api": ("/apis/id", None, f"{API} TagResource UntagResource"),
    "AWS::ApiGatewayV2::Authorizer": ("/apis/id/authorizers/id", None, API),
    "AWS::ApiGatewayV2::Integration": ("/apis/id/integrations/id", None, API),
    "AWS::ApiGatewayV2::Route": ("/apis/id/routes/id", None, API),
    "AWS::ApiGatewayV2::Stage": (
        "/apis/id/stages/id",
        None,
        f"{API} TagResource UntagResource",
    ),
    "AWS::CloudWatch::Alarm": (
        "alarm:{}",
        "AlarmName",
        "cloudwatch:DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource "
        "UntagResource",
    ),
    "AWS::CloudWatch::Dashboard": (
        "dashboard/{}",
        "DashboardName",
        "cloudwatch:DeleteDashboards GetDashboard PutDashboard",
    ),
    "AWS::DynamoDB::Table": (
        "table/{}",
        "TableName",
        "dynamodb:CreateTable DeleteTable DescribeContinuousBackups DescribeContributorInsights "
        "DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive GetResourcePolicy "
        "ListTagsOfResource TagResource UntagResource UpdateContinuousBackups UpdateTable "
        "UpdateTimeToLive",
    ),
    "AWS::IAM::ManagedPolicy": (
        "policy/{}",
        "ManagedPolicyName",
        "iam:CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy "
        "GetPolicyVersion ListEntitiesForPolicy ListPolicyVersions TagPolicy UntagPolicy",
    ),
    "AWS::IAM::Role": (
        "role/{}",
        "RoleName",
        "iam:AttachRolePolicy CreateRole DeleteRole DeleteRolePolicy DetachRolePolicy GetRole "
        "GetRolePolicy ListAttachedRolePolicies ListRolePolicies PassRole "
        "PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy "
        "UpdateRole",
    ),
    "AWS::Lambda::Permission": (
        f"function:{STACK}-Function-x",
        None,
        "lambda:AddPermission GetPolicy RemovePermission",
    ),
    "AWS::Logs::LogGroup": (
        "log-group:{}",
        "LogGroupName",
        "logs:AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy "
        "DescribeIndexPolicies DescribeLogGroups DisassociateKmsKey GetDataProtectionPolicy "
        "ListTagsForResource PutRetentionPolicy TagResource UntagResource",
    ),
    "AWS::Logs::MetricFilter": (
        f"log-group:/aws/vendedlogs/{STACK}-api",
        None,
        "logs:DeleteMetricFilter DescribeMetricFilters PutMetricFilter",
    ),
    "AWS::SQS::Queue": (
        "{}",
        "QueueName",
        "sqs:CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags "
        "SetQueueAttributes TagQueue UntagQueue",
    ),
    "AWS::SQS::QueuePolicy": (
        f"{STACK}-queue",
        None,
        "sqs:GetQueueAttributes SetQueueAttributes",
    ),
    "AWS::Serverless::Function": (
        "function:{}",
        "FunctionName",
        "lambda:CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction "
        "GetFunctionCodeSigningConfig GetFunctionConfiguration GetFunctionRecursionConfig "
        "GetRuntimeManagementConfig ListTags PutFunctionConcurrency TagResource UntagResource "
        "UpdateFunctionCode UpdateFunctionConfiguration",
    ),
}

# What comes with them: in words, its ARN, and the calls for it.
BESIDES = [
    ("a new API", "/apis", "apigateway:POST"),
    ("tags of an API", "/tags/arn", "apigateway:DELETE GET POST PUT"),
    ("the access log", "", "logs:CreateLogDelivery DeleteLogDelivery DescribeResourcePolicies"),
    ("the access log", "", "logs:GetLogDelivery ListLogDeliveries PutResourcePolicy"),
    ("the access log", "", "logs:UpdateLogDelivery"),
    (
        "API Gateway's own role",
        "role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
        "iam:CreateServiceLinkedRole",
    ),
    (
        "a function's versions and alias",
        f"function:{STACK}-Function-x:live",
        "lambda:CreateAlias DeleteAlias GetAlias GetProvisionedConcurrencyConfig "
        "ListVersionsByFunction PublishVersion UpdateAlias",
    ),
    (
        "the mapping of a queue",
        "event-source-mapping:id",
        "lambda:CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping ListTags "
        "TagResource UntagResource UpdateEventSourceMapping",
    ),
    (
        "a function in subnets",
        "",
        "ec2:DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs",
    ),
    ("the layer of a function", "layer:authorities:1", "lambda:GetLayerVersion"),
    ("code that CI deployed", "${Artifacts.Arn}/zip", "s3:GetObject"),
    ("code deployed by hand", "aws-sam-cli-managed-default-bucket-x/zip", "s3:GetObject"),
    (
        "CodeDeploy's application",
        f"application:{STACK}-Application-x",
        "codedeploy:CreateApplication DeleteApplication GetApplication ListTagsForResource "
        "RegisterApplicationRevision TagResource UntagResource UpdateApplication",
    ),
    (
        "CodeDeploy's groups",
        f"deploymentgroup:{STACK}-Application-x/{STACK}-Group-x",
        "codedeploy:CreateDeployment CreateDeploymentGroup DeleteDeploymentGroup GetDeployment "
        "GetDeploymentGroup StopDeployment UpdateDeploymentGroup",
    ),
    ("how CodeDeploy shifts", "deploymentconfig:x", "codedeploy:GetDeploymentConfig"),
    ("the key", "${KmsKeyArn}", "kms:CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey"),
]

# What AWS says of such a call, for conditions to ask.
CONTEXT = {
    "aws:ResourceAccount": "${AWS::AccountId}",
    "iam:AWSServiceName": "ops.apigateway.amazonaws.com",
    "iam:PassedToService": "lambda.amazonaws.com",
    "iam:PermissionsBoundary": "${Boundary}",
    "iam:PolicyARN": f"arn::iam:::policy/{STACK}-TracingPolicy-x",
    "lambda:FunctionArn": f"arn::lambda:::function:{STACK}-Function-x",
}

# Parameters of template.yaml that name what its roles may reach.
GIVEN = {
    "${DatabaseUserArn}": "arn::rds-db:::dbuser:db-X/pgfold_reader",
    "${ValkeyCacheArn}": "arn::elasticache:::serverlesscache:pgfold",
    "${ValkeyUserArn}": "arn::elasticache:::user:pgfold-functions",
}

# What AWSCodeDeployRoleForLambdaLimited allows and CodeDeploy does without hooks and triggers.
CODE_DEPLOY = [
    (f"arn::lambda:::function:{STACK}-Function-x", "lambda:GetAlias"),
    (f"arn::lambda:::function:{STACK}-Function-x", "lambda:GetProvisionedConcurrencyConfig"),
    (f"arn::lambda:::function:{STACK}-Function-x", "lambda:UpdateAlias"),
    ("", "cloudwatch:DescribeAlarms"),
]


def main() -> None:
    template = read("template.yaml")["Resources"]
    stack = read("infra/github-oidc.yaml")["Resources"]
    role = statements_of(stack["CloudFormationRole"])
    deployer = statements_of(stack["DeployRole"])
    boundary = stack["Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    problems = [
        f"{name}: CloudFormationRole may not {action} {arn}"
        for name, arn, action in needed(template)
        if not allowed(role, action, arn)
    ]
    problems += [
        f"{name}: Boundary takes {action} on {arn} away"
        for name, arn, action in granted(template)
        if not allowed(boundary, action, arn)
    ]
    problems += starts(template, deployer)
    if problems:
        sys.exit("infra/github-oidc.yaml cannot deploy template.yaml:\n" + "\n".join(problems))


def statements_of(role: dict) -> list[dict]:
    policies = role["Properties"]["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


def starts(template: dict, deployer: list[dict]) -> Iterator[str]:
    """What is wrong with the functions that DeployRole may invoke."""
    functions = [
        arn_of(name, resource)
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


def needed(template: dict) -> Iterator[tuple[str, str, str]]:
    """The actions that the role needs, each with the name and the ARN of its resource."""
    for name, resource in template.items():
        if resource["Type"] not in NEEDED:
            sys.exit(f"{Path(__file__).name} does not know the type {resource['Type']}")
        for action in actions(NEEDED[resource["Type"]][2]):
            yield name, arn_of(name, resource), action
    for name, arn, calls in BESIDES:
        for action in actions(calls):
            yield name, arn, action


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
    """`JobsTable.Arn` and the like as the ARN that it stands for."""

    def attribute(match: re.Match) -> str:
        return arn_of(match[1], template[match[1]])

    return GIVEN.get(arn) or re.sub(r"^(?:\$\{)?(\w+)\.Arn\}?", attribute, arn)


def arn_of(name: str, resource: dict) -> str:
    arn, naming, _ = NEEDED[resource["Type"]]
    own = resource.get("Properties", {}).get(naming, f"{STACK}-{name}-x")
    return arn.format(own.replace("${AWS::StackName}", STACK))


def actions(calls: str) -> list[str]:
    """`s3:GetObject PutObject` as two."""
    service, names = calls.split(":")
    return [f"{service}:{name}" for name in names.split()]


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
