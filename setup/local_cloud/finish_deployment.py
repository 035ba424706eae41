"""Do what the emulator's CloudFormation leaves undone, and write what the stack says about itself.

SAM's own Python runs this, because it needs boto3.
"""

import json
import sys
from pathlib import Path

import boto3

import forward_functions


def main(stack: str, output_file: str) -> None:
    cloudformation = boto3.client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    make_concurrency_a_number([resource["PhysicalResourceId"] for resource in resources])
    # In case a watch was killed before it could undo what it did.
    functions = [
        one["PhysicalResourceId"]
        for one in resources
        if one["ResourceType"] == "AWS::Lambda::Function"
    ]
    forward_functions.forward(dict.fromkeys(functions))

    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    written = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    Path(output_file).write_text(json.dumps(written))


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
