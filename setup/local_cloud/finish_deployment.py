"""Do what the emulator's CloudFormation leaves undone, and write what the stack says about itself.

SAM's own Python runs this, because it needs boto3.
"""

import json
import re
import sys
from pathlib import Path

import boto3

import forward_functions


def main(stack: str, output_file: str) -> None:
    cloudformation = boto3.client("cloudformation")
    template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")[
        "TemplateBody"
    ]
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    physical = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources
    }

    api_id = physical["Api"]
    register_routes(api_id, routes_of(template["Resources"]["Api"], physical))
    make_concurrency_a_number(physical.values())
    # In case a watch was killed before it could undo what it did.
    functions = [
        one["PhysicalResourceId"]
        for one in resources
        if one["ResourceType"] == "AWS::Lambda::Function"
    ]
    forward_functions.forward(dict.fromkeys(functions))

    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    written = {output["OutputKey"]: output["OutputValue"] for output in outputs} | {"ApiId": api_id}
    Path(output_file).write_text(json.dumps(written))


def routes_of(api: dict, physical: dict[str, str]) -> dict[str, str]:
    """Which function serves which route: `{"GET /tasks": "pgfold-MonitorFunction-…"}`.

    AWS makes the routes out of the OpenAPI body that SAM writes for `HttpApi` events. The emulator
    ignores that body. Reading them from it here keeps the template the one place that names them.
    """
    routes = {}
    for path, operations in api["Properties"]["Body"]["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = re.search(r"\$\{(\w+)\.Arn\}", uri).group(1)
            routes[f"{method.upper()} {path}"] = physical[function]
    return routes


def register_routes(api_id: str, routes: dict[str, str]) -> None:
    """Leave the API with exactly these routes."""
    gateway = boto3.client("apigatewayv2")
    functions = boto3.client("lambda")
    for route in gateway.get_routes(ApiId=api_id)["Items"]:
        gateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api_id)["Items"]:
        gateway.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])

    for function in set(routes.values()):
        integration = gateway.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=functions.get_function(FunctionName=function)["Configuration"][
                "FunctionArn"
            ],
            PayloadFormatVersion="2.0",
        )
        for route in (key for key, served_by in routes.items() if served_by == function):
            gateway.create_route(
                ApiId=api_id, RouteKey=route, Target=f"integrations/{integration['IntegrationId']}"
            )


def make_concurrency_a_number(physical_ids: list[str]) -> None:
    """Parameters are strings, and the emulator stops polling when it compares one with a number."""
    functions = boto3.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if mapping["UUID"] in physical_ids and "ScalingConfig" in mapping:
            functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig=mapping["ScalingConfig"]
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
