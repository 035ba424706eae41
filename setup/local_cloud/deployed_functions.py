"""The functions that are deployed to the emulator, as its Lambda API tells of them."""

import json

from deploy import STACK_NAME
from loopback import http


def variables(endpoint: str) -> dict[str, dict[str, str]]:
    """The environment variables of each, by its name in the template."""
    with http.open(f"{endpoint}/2015-03-31/functions/?MaxItems=100", timeout=30) as response:
        functions = json.load(response)["Functions"]
    return {
        function["FunctionName"].removeprefix(f"{STACK_NAME}-").rpartition("-")[0]: (
            function.get("Environment", {}).get("Variables", {})
        )
        for function in functions
        if function["FunctionName"].startswith(f"{STACK_NAME}-")
    }
