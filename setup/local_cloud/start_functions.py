"""Start every function of a stack once, so that one that cannot start fails its deployment.

CloudFormation is content with a function that ends before its first event. SAM's own Python runs
this, because it needs boto3.
"""

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import template_functions

# The beginning of the line that our programs write when they end with an error.
SENTENCE = "Error: "

# Longer than any function may take; a second try would hide the first one's reason.
CALLS = Config(read_timeout=120, retries={"max_attempts": 5, "mode": "standard"})


def problems(stack: str) -> list[str]:
    """The errors of the functions that cannot start, each with its name."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack)
    names = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
    }
    client = boto3.client("lambda", config=CALLS)
    found = []
    for function in template_functions.functions():
        # Not all are deployed with all parameters: Events=off has no announcer.
        if function.name not in names:
            continue
        try:
            problem = start(client, names[function.name], function.event)
        except (BotoCoreError, ClientError) as error:
            problem = f"could not be invoked: {error}"
        if problem:
            found.append(f"{function.name} does not start: {problem}")
    return found


def start(client, name: str, event: Mapping) -> str | None:
    """The reason why a function does not answer, if it does not."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
    if "FunctionError" not in answer:
        return None
    lines = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace").splitlines()
    payload = answer["Payload"].read().decode(errors="replace")
    return sentence([*lines, *said(payload).splitlines()]) or said(payload)


def said(payload: str) -> str:
    try:
        return str(json.loads(payload)["errorMessage"])
    except (KeyError, TypeError, ValueError):
        return payload


def sentence(lines: list[str]) -> str | None:
    """The program's own words among what was logged."""
    found = [line.partition(SENTENCE)[2] for line in lines if SENTENCE in line]
    return found[-1].strip() if found else None


def main(stack: str, output_file: str) -> None:
    Path(output_file).write_text(json.dumps(problems(stack)))


if __name__ == "__main__":
    main(*sys.argv[1:])
