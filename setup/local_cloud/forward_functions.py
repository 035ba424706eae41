"""Make the emulator forward invocations of functions to an address, or run them itself again.

SAM's own Python runs this, because it needs boto3. It writes the variables that the template sets
to the functions, for whatever runs in their place.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import boto3

FORWARD_TO = "MINISTACK_LAMBDA_PROXY_URL"


def main(stack: str, output_file: str, addresses: str) -> None:
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack)[
        "StackResources"
    ]
    names = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources
    }
    variables = forward(
        {names[function]: address for function, address in json.loads(addresses).items()}
    )
    Path(output_file).write_text(json.dumps(variables))


def forward(addresses: Mapping[str, str | None]) -> dict[str, str]:
    """Forward each function to its address; return all their variables."""
    functions = boto3.client("lambda")
    everything = {}
    for name, address in addresses.items():
        configuration = functions.get_function_configuration(FunctionName=name)
        before = configuration.get("Environment", {}).get("Variables", {})
        own = {variable: value for variable, value in before.items() if variable != FORWARD_TO}
        after = own | ({FORWARD_TO: address} if address else {})
        if after != before:
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": after}
            )
        everything |= own
    return everything


if __name__ == "__main__":
    main(*sys.argv[1:])
