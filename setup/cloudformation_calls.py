"""The calls that CloudFormation makes for the resources of template.yaml.

They are those of CloudFormation's own schemas: for each type, what its handlers may call to create,
read, update and delete a resource, and to tag it. cfn-lint ships the schemas. A handler calls some
of them for properties that the template does not have, and some never; those are named here with
the reason, so that a schema with a new call, or a template with a new property, fails the check.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

STACK = "a-stack"
REGION = "us-east-1"
HANDLERS = ("create", "read", "update", "delete")

FUNCTION = f"function:{STACK}-Function-x"
ROLE = f"role/{STACK}-SubmitRole-x"
KEY = "${KmsKeyArn}"

# For each type: its ARN past the account, with {} for its name, and the property that names it.
ARNS = {
    "AWS::ApiGatewayV2::Api": ("/apis/id", None),
    "AWS::ApiGatewayV2::Authorizer": ("/apis/id/authorizers/id", None),
    "AWS::ApiGatewayV2::Integration": ("/apis/id/integrations/id", None),
    "AWS::ApiGatewayV2::Route": ("/apis/id/routes/id", None),
    "AWS::ApiGatewayV2::Stage": ("/apis/id/stages/id", None),
    "AWS::CloudWatch::Alarm": ("alarm:{}", "AlarmName"),
    "AWS::CloudWatch::Dashboard": ("dashboard/{}", "DashboardName"),
    "AWS::CodeDeploy::Application": ("application:{}", None),
    "AWS::CodeDeploy::DeploymentGroup": (f"deploymentgroup:{STACK}-Application-x/{{}}", None),
    "AWS::DynamoDB::Table": ("table/{}", "TableName"),
    "AWS::IAM::ManagedPolicy": ("policy/{}", "ManagedPolicyName"),
    "AWS::IAM::Role": ("role/{}", "RoleName"),
    "AWS::Lambda::Alias": ("function:{}:live", "FunctionName"),
    "AWS::Lambda::EventInvokeConfig": ("function:{}", "FunctionName"),
    "AWS::Lambda::EventSourceMapping": ("event-source-mapping:id", None),
    "AWS::Lambda::Function": ("function:{}", "FunctionName"),
    "AWS::Lambda::Permission": (FUNCTION, None),
    "AWS::Lambda::Version": ("function:{}:1", "FunctionName"),
    "AWS::Logs::LogGroup": ("log-group:{}", "LogGroupName"),
    "AWS::Logs::MetricFilter": (f"log-group:/aws/vendedlogs/{STACK}-api", None),
    "AWS::S3::Bucket": (f"{STACK}-objectsbucket-x", None),
    "AWS::S3::BucketPolicy": (f"{STACK}-objectsbucket-x", None),
    "AWS::Scheduler::ScheduleGroup": ("schedule-group/{}", "Name"),
    "AWS::SQS::Queue": ("{}", "QueueName"),
    "AWS::SQS::QueuePolicy": (f"{STACK}-queue", None),
}

# What SAM makes of a type.
MADE_BY_SAM = {
    "AWS::Serverless::Function": [
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::EventSourceMapping",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
    ],
}

# Calls about something else than the resource itself: their beginnings, and the ARN of that.
ABOUT = {
    "codedeploy:GetDeploymentConfig": "deploymentconfig:x",
    "codedeploy:": f"deploymentgroup:{STACK}-Application-x/{STACK}-Group-x",
    "ec2:": "",
    "iam:PassRole": ROLE,
    "kms:": KEY,
    "lambda:GetLayerVersion": "layer:authorities:1",
    "logs:CreateLogDelivery": "",
    "logs:DescribeResourcePolicies": "",
    "logs:PutResourcePolicy": "",
    "s3:": "${Artifacts.Arn}/zip",
    "scheduler:DeleteSchedule": f"schedule/{STACK}/a-schedule",
}

# Calls that handlers make for a property, which the template does not have.
FOR_PROPERTIES = {
    "AWS::ApiGatewayV2::Api": {"BodyS3Location": "s3:getObject"},
    "AWS::ApiGatewayV2::Authorizer": {"AuthorizerCredentialsArn": "iam:PassRole"},
    "AWS::ApiGatewayV2::Integration": {"CredentialsArn": "iam:PassRole"},
    "AWS::CodeDeploy::DeploymentGroup": {
        "OnPremisesInstanceTagFilters": "codedeploy:RegisterOnPremisesInstance",
    },
    "AWS::DynamoDB::Table": {
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
        "ImportSourceSpecification": "dynamodb:DescribeImport ImportTable BatchWriteItem "
        "DeleteItem GetItem PutItem Query Scan UpdateItem "
        "s3:GetObject GetObjectMetadata ListBucket "
        "logs:CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams PutLogEvents "
        "PutRetentionPolicy",
        "KinesisStreamSpecification": "dynamodb:DisableKinesisStreamingDestination "
        "EnableKinesisStreamingDestination UpdateKinesisStreamingDestination "
        "kinesis:DescribeStream PutRecords iam:CreateServiceLinkedRole",
        "Replicas": "dynamodb:AssociateTableReplica CreateTableReplica",
        "ResourcePolicy": "dynamodb:DeleteResourcePolicy PutResourcePolicy",
    },
    "AWS::IAM::ManagedPolicy": {
        "Groups": "iam:AttachGroupPolicy DetachGroupPolicy",
        "Roles": "iam:AttachRolePolicy DetachRolePolicy",
        "Users": "iam:AttachUserPolicy DetachUserPolicy",
    },
    "AWS::IAM::Role": {"Description": "iam:UpdateRoleDescription"},
    "AWS::Lambda::Alias": {
        "ProvisionedConcurrencyConfig": "lambda:DeleteProvisionedConcurrencyConfig "
        "PutProvisionedConcurrencyConfig",
    },
    "AWS::Lambda::Function": {
        "CapacityProviderConfig": "lambda:PassCapacityProvider PutFunctionScalingConfig",
        "CodeSigningConfigArn": "lambda:DeleteFunctionCodeSigningConfig GetCodeSigningConfig "
        "PutFunctionCodeSigningConfig",
        "FileSystemConfigs": "elasticfilesystem:DescribeMountTargets s3files:ListMountTargets",
        "RecursiveLoop": "lambda:PutFunctionRecursionConfig",
        "RuntimeManagementConfig": "lambda:AssociateRuntimeAlias PutRuntimeManagementConfig",
    },
    "AWS::Lambda::Version": {
        "CapacityProviderConfig": "lambda:PutFunctionScalingConfig",
        "ProvisionedConcurrencyConfig": "lambda:PutProvisionedConcurrencyConfig",
        "RuntimeManagementConfig": "lambda:PutRuntimeManagementConfig",
    },
    "AWS::Logs::LogGroup": {
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
        "DataProtectionPolicy": "logs:CreateLogDelivery PutDataProtectionPolicy "
        "firehose:TagDeliveryStream s3:REST.PUT.OBJECT",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
        "FieldIndexPolicies": "logs:DeleteIndexPolicy PutIndexPolicy",
        "ResourcePolicyDocument": "logs:DeleteResourcePolicy PutResourcePolicy",
    },
    "AWS::S3::Bucket": {
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:PutBucketAcl PutObjectAcl",
        "AnalyticsConfigurations": "s3:DeleteBucketAnalyticsConfiguration "
        "PutAnalyticsConfiguration",
        "CorsConfiguration": "s3:DeleteBucketCors PutBucketCORS",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "MetadataConfiguration": "s3:UpdateBucketMetadataAnnotationTableConfiguration "
        "UpdateBucketMetadataInventoryTableConfiguration "
        "UpdateBucketMetadataJournalTableConfiguration",
        "MetadataTableConfiguration": "s3:CreateBucketMetadataTableConfiguration "
        "DeleteBucketMetadataTableConfiguration "
        "s3tables:CreateNamespace CreateTable CreateTableBucket GetTable "
        "GetTableMetadataLocation PutTableBucketPolicy PutTableEncryption PutTablePolicy "
        "UpdateTableMetadataLocation",
        "MetricsConfigurations": "s3:DeleteBucketMetricsConfiguration PutMetricsConfiguration",
        "NotificationConfiguration": "s3:PutBucketNotification",
        "ObjectLockConfiguration": "s3:DeleteObject PutBucketObjectLockConfiguration "
        "PutObjectLockConfiguration",
        "ReplicationConfiguration": "s3:DeleteBucketReplication PutBucketReplication "
        "PutReplicationConfiguration iam:PassRole",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "WebsiteConfiguration": "s3:DeleteBucketWebsite PutBucketWebsite",
    },
}

# Calls that CloudFormation makes for nothing that the template can ask, with the reason.
NEVER = {
    "iam:DeleteRolePermissionsBoundary": "no role may be rid of Boundary",
    "kms:ListAliases": "the template names the key by its ARN",
    "kms:RevokeGrant": "DynamoDB retires its own grants",
    "s3:GetObjectVersion": "SAM names no version of a zip",
}

# Calls that no schema has: in words, the ARN, and the calls.
BESIDES = [
    ("a new API", "/apis", "apigateway:POST"),
    ("tags of an API", "/tags/arn", "apigateway:DELETE GET POST PUT"),
    (
        "the access log",
        "",
        "logs:CreateLogDelivery DeleteLogDelivery DescribeResourcePolicies GetLogDelivery "
        "ListLogDeliveries PutResourcePolicy UpdateLogDelivery",
    ),
    (
        "API Gateway's own role",
        "role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
        "iam:CreateServiceLinkedRole",
    ),
    ("code deployed by hand", "aws-sam-cli-managed-default-bucket-x/zip", "s3:GetObject"),
    ("tags of a policy", f"policy/{STACK}-TracingPolicy-x", "iam:TagPolicy UntagPolicy"),
    ("a version of a policy", f"policy/{STACK}-TracingPolicy-x", "iam:SetDefaultPolicyVersion"),
    ("a role for a service", ROLE, "iam:PassRole"),
    ("the layer of a function", "layer:authorities:1", "lambda:GetLayerVersion"),
    ("a table with the key", KEY, "kms:CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey"),
]


def needed(template: dict) -> Iterator[tuple[str, str, str]]:
    """The calls, each with the name of what it is for and the ARN of what it is about."""
    for name, resource in template.items():
        for type_name in MADE_BY_SAM.get(resource["Type"], [resource["Type"]]):
            own = arn_of(name, resource, type_name)
            for call in sorted(calls_for(type_name, resource["Properties"])):
                yield name, about(call, type_name) or own, call
    for name, arn, calls in BESIDES:
        for call in actions(calls):
            yield name, arn, call


def calls_for(type_name: str, properties: dict) -> set[str]:
    """What the handlers of a type may call for a resource with these properties."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, type_name).schema
    handlers = [schema["handlers"].get(one, {}) for one in HANDLERS] + [schema.get("tagging", {})]
    calls = {call for one in handlers for call in one.get("permissions", [])}
    caused = {True: set(), False: set()}
    for name, for_it in FOR_PROPERTIES.get(type_name, {}).items():
        caused[name in properties] |= set(actions(for_it))
    if stale := (caused[True] | caused[False]) - calls:
        sys.exit(f"the schema of {type_name} has no call {', '.join(sorted(stale))}")
    return calls - NEVER.keys() - (caused[False] - caused[True])


def arn_of(name: str, resource: dict, type_name: str) -> str:
    if type_name not in ARNS:
        sys.exit(f"{Path(__file__).name} does not know the type {type_name}")
    arn, naming = ARNS[type_name]
    own = resource.get("Properties", {}).get(naming, f"{STACK}-{name}-x")
    return arn.format(own.replace("${AWS::StackName}", STACK))


def about(call: str, type_name: str) -> str | None:
    """The ARN of what a call is about, if that is not the resource."""
    if call in ABOUT:
        return ABOUT[call]
    service = type_name.split("::")[1].removesuffix("V2").lower()
    if call.startswith(f"{service}:"):
        return None
    return ABOUT[f"{call.partition(':')[0]}:"]


def actions(calls: str) -> Iterator[str]:
    """`s3:GetObject PutObject ec2:…` as several."""
    service = ""
    for call in calls.split():
        if ":" in call:
            service, _, call = call.partition(":")
        yield f"{service}:{call}"
